#include "losses/attention_scores.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "losses/criterion.h"
#include "support/deterministic.h"

namespace focus::test {
namespace {

TEST(AttentionScores, TheMostAttendedTokensAreToBeKept) {
  const auto attention = at::tensor({0.1f, 0.9f, 0.5f, 0.3f, 4.0f, 1.0f, 2.0f, -1.0f}).view({2, 4});
  const auto targets = losses::attention_targets(attention, at::tensor({2, 1}, at::kLong));
  const auto expected = at::tensor({0, 1, 1, 0, 1, 0, 0, 0}, at::kLong).view({2, 4}).to(at::kBool);
  EXPECT_TRUE(targets.equal(expected));
  EXPECT_TRUE(losses::attention_targets(attention, at::tensor({9, 0}, at::kLong))
                  .sum(1)
                  .equal(at::tensor({4, 0}, at::kLong)))
      << "no more than there are";
}

TEST(AttentionScores, LossIsTheMeanBinaryCrossEntropy) {
  nn::AttentionScores scores;
  scores.logits = tensor("test/attention/logits", {2, 5}, 3).set_requires_grad(true);
  scores.attention = tensor("test/attention/map", {2, 5});
  scores.counts = at::tensor({2, 3}, at::kLong);
  const auto wanted = losses::attention_targets(scores.attention, scores.counts);
  double expected = 0;
  for (int64_t b = 0; b < 2; ++b) {
    for (int64_t i = 0; i < 5; ++i) {
      const double p = 1 / (1 + std::exp(-scores.logits[b][i].item<double>()));
      expected -= std::log(wanted[b][i].item<bool>() ? p : 1 - p) / 10;
    }
  }
  const auto loss = losses::attention_loss(scores);
  EXPECT_NEAR(loss.item<double>(), expected, 1e-6);
  loss.backward();
  EXPECT_TRUE(scores.logits.grad().lt(0).equal(wanted)) << "scores of wanted tokens rise, others fall";
}

nn::Prediction some_prediction(const std::string& name, int64_t queries, int64_t columns) {
  return {tensor("test/family/" + name + "/logits", {2, queries, columns}, 2),
          tensor("test/family/" + name + "/boxes", {2, queries, 4}, 0.2, 0.4)};
}

std::vector<nn::Target> two_targets() {
  return {{at::tensor({1, 2}, at::kLong), tensor("test/family/tb0", {2, 4}, 0.15, 0.4), {64, 64}},
          {at::tensor({2}, at::kLong), tensor("test/family/tb1", {1, 4}, 0.15, 0.4), {64, 64}}};
}

double term(const losses::LossResult& result, const std::string& name) {
  for (const auto& [own, value] : result.raw) {
    if (own == name) return value.item<double>();
  }
  ADD_FAILURE() << "no term " << name;
  return 0;
}

TEST(CriterionOfTheFamily, SparseDetrTeachesScorerAndEncoder) {
  nn::DetectorOutput output;
  output.layers = {some_prediction("dec", 6, 3)};
  output.encoder_layers = {some_prediction("enc0", 9, 3), some_prediction("enc1", 9, 3)};
  output.attention_scores = nn::AttentionScores{
      tensor("test/family/s", {2, 9}), tensor("test/family/a", {2, 9}), at::tensor({3, 4}, at::kLong)};
  losses::LossOptions options;
  options.attention_weight = 3;
  const auto result = losses::Criterion(options)(output, two_targets());
  EXPECT_DOUBLE_EQ(term(result, "loss_mask_prediction"),
                   losses::attention_loss(*output.attention_scores).item<double>());
  double total = 0, unweighted = 0;
  for (size_t i = 0; i < result.raw.size(); ++i) {
    total += result.weighted[i].second.item<double>();
    unweighted += result.raw[i].first == "loss_mask_prediction" ? 1 : 0;
    if (result.raw[i].first == "loss_mask_prediction") {
      EXPECT_FLOAT_EQ(result.weighted[i].second.item<float>(), 3 * result.raw[i].second.item<float>());
    }
  }
  EXPECT_EQ(unweighted, 1);
  EXPECT_NEAR(result.total.item<double>(), total, 1e-4);

  // An encoder layer is taught as if it were a decoder layer.
  nn::DetectorOutput alone;
  alone.layers = {output.encoder_layers[1]};
  const auto single = losses::Criterion(options)(alone, two_targets());
  EXPECT_FLOAT_EQ(term(result, "loss_giou_enc_1"), term(single, "loss_giou"));
  EXPECT_FLOAT_EQ(term(result, "loss_class_enc_1"), term(single, "loss_class"));
  ASSERT_EQ(result.assignments.size(), 3u);
  EXPECT_EQ(result.assignments[2].first, "match_enc1");
}

TEST(CriterionOfTheFamily, ProposalsOfNoClassAreTaughtObjectsAlone) {
  nn::DetectorOutput output;
  output.layers = {some_prediction("dec", 6, 3)};
  output.proposals = some_prediction("prop", 12, 3);
  output.proposals_have_classes = false;
  const auto result = losses::Criterion{}(output, two_targets());

  auto objects = two_targets();
  for (auto& target : objects) target.labels.zero_();
  nn::DetectorOutput alone;
  alone.layers = {output.proposals};
  const auto expected = losses::Criterion{}(alone, objects);
  for (const std::string name : {"loss_class", "loss_bbox", "loss_giou"}) {
    EXPECT_FLOAT_EQ(term(result, name + "_enc"), term(expected, name)) << name;
  }
  output.proposals_have_classes = true;
  EXPECT_NE(term(losses::Criterion{}(output, two_targets()), "loss_class_enc"), term(expected, "loss_class"));
  nn::DetectorOutput only;
  only.layers = output.layers;
  EXPECT_FLOAT_EQ(term(result, "loss_class"), term(losses::Criterion{}(only, two_targets()), "loss_class"))
      << "the decoder is still taught classes";
}

TEST(CriterionOfTheFamily, DetrsClassesExcludeEachOther) {
  nn::DetectorOutput output;
  output.layers = {some_prediction("detr", 6, 4)};  // Three classes and "no object".
  output.layers[0].scores = nn::ClassScores::kSoftmax;
  losses::LossOptions options;
  options.matcher.class_cost = 1;
  const auto targets = two_targets();
  const auto result = losses::Criterion(options)(output, targets);

  double loss = 0, weights = 0;
  const auto logarithm = output.layers[0].logits.log_softmax(-1);
  for (int64_t b = 0; b < 2; ++b) {
    std::vector<int64_t> wanted(6, 3);
    const auto& match = result.assignments[0].second[static_cast<size_t>(b)];
    for (int64_t k = 0; k < match.src.size(0); ++k) {
      wanted[static_cast<size_t>(match.src[k].item<int64_t>())] =
          targets[static_cast<size_t>(b)].labels[match.tgt[k].item<int64_t>()].item<int64_t>();
    }
    for (int64_t q = 0; q < 6; ++q) {
      const int64_t label = wanted[static_cast<size_t>(q)];
      const double weight = label == 3 ? 0.1 : 1.0;
      loss -= weight * logarithm[b][q][label].item<double>();
      weights += weight;
    }
  }
  EXPECT_NEAR(term(result, "loss_class"), loss / weights, 1e-5);

  // The match is the cheapest by probability: all of image 1's queries for its one box.
  const losses::HungarianMatcher matcher(options.matcher);
  const auto cost = matcher.cost(output.layers[0].logits[1], output.layers[0].boxes[1], targets[1],
                                 nn::ClassScores::kSoftmax);
  EXPECT_EQ(result.assignments[0].second[1].src[0].item<int64_t>(), cost.argmin().item<int64_t>());
  const auto boxes_only = [&] {
    auto without = options.matcher;
    without.class_cost = 0;
    return losses::HungarianMatcher(without).cost(output.layers[0].logits[1], output.layers[0].boxes[1],
                                                  targets[1], nn::ClassScores::kSoftmax);
  }();
  EXPECT_TRUE((boxes_only - cost)
                  .flatten()
                  .allclose(output.layers[0].logits[1].softmax(-1).select(1, 2), 1e-4, 1e-5));

  auto wrong = targets;
  wrong[0].labels[0] = 3;
  const losses::Criterion criterion(options);
  EXPECT_THROW(criterion(output, wrong), Error) << "\"no object\" is no label";
}

}  // namespace
}  // namespace focus::test
