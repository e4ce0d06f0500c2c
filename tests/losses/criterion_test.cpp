#include "losses/criterion.h"

#include <limits>

#include "base/error.h"
#include "losses/finite_difference.h"
#include "losses/golden.h"
#include "support/deterministic.h"

namespace {

using focus::losses::Criterion;
using focus::losses::LossOptions;
using focus::losses::LossResult;
using focus::test::golden;
namespace nn = focus::nn;

constexpr int64_t kClasses = 7, kQueries = 12;

at::Tensor named(const std::string& name, at::IntArrayRef shape, double scale, double offset) {
  return focus::test::tensor("test/criterion/" + name, shape, scale, offset).to(at::kDouble);
}

nn::Prediction prediction(const std::string& name, int64_t images, int64_t queries) {
  return {named(name + "/logits", {images, queries, kClasses}, 3, -1),
          named(name + "/boxes", {images, queries, 4}, 0.2, 0.4)};
}

std::vector<nn::Target> targets_with(const std::vector<int64_t>& counts) {
  std::vector<nn::Target> targets;
  for (const int64_t n : counts) {
    const std::string name = fmt::format("target{}", targets.size());
    targets.push_back(
        {focus::test::randint(name, 0, kClasses, n), named(name, {n, 4}, 0.15, 0.4), {128, 96}});
  }
  return targets;
}

/// Everything a Focus-DETR returns in training, small.
nn::DetectorOutput full_output(int64_t images, int64_t most_boxes) {
  nn::DetectorOutput output;
  for (int64_t l = 0; l < 3; ++l)
    output.layers.push_back(prediction(fmt::format("l{}", l), images, kQueries));
  output.proposals = prediction("enc", images, kQueries);
  output.spatial_shapes = {{16, 12}, {8, 6}, {4, 3}, {2, 2}};
  output.foreground_logits = named("foreground", {images, 256}, 2, -1);
  if (most_boxes > 0) {
    nn::DenoisingOutput denoising{{}, 2, 2 * most_boxes};
    for (int64_t l = 0; l < 3; ++l) {
      denoising.layers.push_back(prediction(fmt::format("dn{}", l), images, 4 * most_boxes));
    }
    output.denoising = denoising;
  }
  return output;
}

std::map<std::string, double> values(const std::vector<std::pair<std::string, at::Tensor>>& terms) {
  std::map<std::string, double> result;
  for (const auto& [name, value] : terms) result[name] = value.item<double>();
  return result;
}

std::vector<std::string> names(const LossResult& result) {
  std::vector<std::string> list;
  for (const auto& [name, value] : result.weighted) list.push_back(name);
  return list;
}

TEST(Criterion, TermsAndMatchesHaveTheReferencesNames) {
  const auto result = Criterion()(full_output(2, 3), targets_with({3, 2}));
  const std::vector<std::string> expected{
      "loss_class",     "loss_bbox",       "loss_giou",      "select_loss",    "loss_class_0",
      "loss_bbox_0",    "loss_giou_0",     "loss_class_1",   "loss_bbox_1",    "loss_giou_1",
      "loss_class_enc", "loss_bbox_enc",   "loss_giou_enc",  "loss_class_dn",  "loss_bbox_dn",
      "loss_giou_dn",   "loss_class_dn_0", "loss_bbox_dn_0", "loss_giou_dn_0", "loss_class_dn_1",
      "loss_bbox_dn_1", "loss_giou_dn_1"};
  EXPECT_EQ(names(result), expected);
  ASSERT_EQ(result.assignments.size(), 4u);
  EXPECT_EQ(result.assignments[0].first, "match_last");
  EXPECT_EQ(result.assignments[1].first, "match_aux0");
  EXPECT_EQ(result.assignments[2].first, "match_aux1");
  EXPECT_EQ(result.assignments[3].first, "match_enc");
  EXPECT_EQ(result.assignments[0].second[1].src.numel(), 2);
}

TEST(Criterion, TotalIsTheSumOfWeightedTerms) {
  LossOptions options;
  options.class_weight = 3;
  options.foreground_weight = 0.5;
  const auto result = Criterion(options)(full_output(2, 3), targets_with({3, 2}));
  const auto raw = values(result.raw), weighted = values(result.weighted);
  double sum = 0;
  for (const auto& [name, value] : weighted) sum += value;
  EXPECT_NEAR(result.total.item<double>(), sum, 1e-9);
  EXPECT_NEAR(weighted.at("loss_class_dn_0"), 3 * raw.at("loss_class_dn_0"), 1e-9);
  EXPECT_NEAR(weighted.at("loss_bbox_enc"), 5 * raw.at("loss_bbox_enc"), 1e-9);
  EXPECT_NEAR(weighted.at("loss_giou_1"), 2 * raw.at("loss_giou_1"), 1e-9);
  EXPECT_NEAR(weighted.at("select_loss"), 0.5 * raw.at("select_loss"), 1e-9);
}

TEST(Criterion, OrderOfBoxesDoesNotMatter) {
  auto output = full_output(2, 3);
  output.denoising.reset();
  const auto targets = targets_with({3, 2});
  auto permuted = targets;
  for (auto& target : permuted) target.labels = target.labels.flip(0), target.boxes = target.boxes.flip(0);
  EXPECT_NEAR(Criterion()(output, targets).total.item<double>(),
              Criterion()(output, permuted).total.item<double>(), 1e-9);
}

TEST(Criterion, OrderOfImagesDoesNotMatter) {
  const auto output = full_output(2, 3);
  auto swapped = output;
  const auto swap = [](nn::Prediction& p) { p = {p.logits.flip(0), p.boxes.flip(0)}; };
  for (auto& layer : swapped.layers) swap(layer);
  for (auto& layer : swapped.denoising->layers) swap(layer);
  swap(swapped.proposals);
  swapped.foreground_logits = swapped.foreground_logits.flip(0);
  auto targets = targets_with({3, 2});
  const double total = Criterion()(output, targets).total.item<double>();
  std::swap(targets[0], targets[1]);
  EXPECT_NEAR(Criterion()(swapped, targets).total.item<double>(), total, 1e-9);
}

TEST(Criterion, BatchWithoutBoxesOnlyTeachesBackground) {
  auto output = full_output(2, 0);
  for (auto* tensor : {&output.layers[2].logits, &output.layers[2].boxes}) tensor->requires_grad_();
  const auto result = Criterion()(output, targets_with({0, 0}));
  const auto raw = values(result.raw);
  EXPECT_EQ(raw.at("loss_bbox"), 0);
  EXPECT_EQ(raw.at("loss_giou_enc"), 0);
  EXPECT_GT(raw.at("loss_class"), 0);
  EXPECT_GT(raw.at("select_loss"), 0);
  const auto gradients =
      torch::autograd::grad({result.total}, {output.layers[2].logits, output.layers[2].boxes});
  EXPECT_GT(gradients[0].min().item<double>(), 0) << "every class of every query is pushed down";
  EXPECT_EQ(gradients[1].abs().sum().item<double>(), 0);
}

TEST(Criterion, OneImageWithoutBoxesBesideOneWith) {
  const auto result = Criterion()(full_output(2, 3), targets_with({0, 3}));
  EXPECT_TRUE(at::isfinite(result.total).item<bool>());
  EXPECT_EQ(result.assignments[0].second[0].src.numel(), 0);
}

TEST(Criterion, PartsADetectorLacksGiveNoTerms) {
  nn::DetectorOutput output;
  output.layers = {prediction("l0", 1, kQueries)};
  const auto result = Criterion()(output, targets_with({2}));
  EXPECT_EQ(names(result), (std::vector<std::string>{"loss_class", "loss_bbox", "loss_giou"}));
  EXPECT_EQ(result.assignments.size(), 1u);
}

TEST(Criterion, AuxiliaryAndProposalsCanBeLeftOut) {
  LossOptions options;
  options.auxiliary = options.proposals = false;
  const auto result = Criterion(options)(full_output(1, 2), targets_with({2}));
  EXPECT_EQ(names(result), (std::vector<std::string>{"loss_class", "loss_bbox", "loss_giou", "select_loss",
                                                     "loss_class_dn", "loss_bbox_dn", "loss_giou_dn"}));
}

TEST(Criterion, NumberOfBoxesDividesAllButTheForegroundLoss) {
  const auto output = full_output(2, 3);
  const auto targets = targets_with({3, 2});
  const auto own = values(Criterion()(output, targets).raw);
  const auto of_ranks = values(Criterion()(output, targets, 10.0).raw);
  for (const auto& [name, value] : own) {
    EXPECT_NEAR(of_ranks.at(name), name == "select_loss" ? value : value / 2, 1e-9) << name;
  }
  const auto tiny = values(Criterion()(output, targets, 0.25).raw);
  EXPECT_NEAR(tiny.at("loss_bbox"), 20 * own.at("loss_bbox"), 1e-9) << "a share of a box is what it is";
  EXPECT_THROW(Criterion()(output, targets, 0.0), focus::Error);
}

TEST(Criterion, GradientByFiniteDifferences) {
  const auto targets = targets_with({2});
  const auto total_of = [&](at::Tensor nn::Prediction::*part, bool denoising) {
    return [&targets, part, denoising](const at::Tensor& x) {
      auto output = full_output(1, 2);
      (denoising ? output.denoising->layers[1] : output.layers[1]).*part = x;
      return Criterion()(output, targets).total;
    };
  };
  for (const bool denoising : {false, true}) {
    const auto output = full_output(1, 2);
    const nn::Prediction& layer = denoising ? output.denoising->layers[1] : output.layers[1];
    focus::test::expect_gradient_by_finite_differences(total_of(&nn::Prediction::logits, denoising),
                                                       layer.logits, 1e-5);
    focus::test::expect_gradient_by_finite_differences(total_of(&nn::Prediction::boxes, denoising),
                                                       layer.boxes, 1e-5);
  }
}

TEST(Criterion, HalfPrecisionIsWidened) {
  auto output = full_output(1, 2);
  const auto targets = targets_with({2});
  const double exact = Criterion()(output, targets).total.item<double>();
  const auto narrow = [](nn::Prediction& p) { p = {p.logits.to(at::kBFloat16), p.boxes.to(at::kBFloat16)}; };
  for (auto& layer : output.layers) narrow(layer);
  for (auto& layer : output.denoising->layers) narrow(layer);
  narrow(output.proposals);
  output.foreground_logits = output.foreground_logits.to(at::kBFloat16);
  const at::Tensor total = Criterion()(output, targets).total;
  EXPECT_EQ(total.scalar_type(), at::kFloat);
  EXPECT_NEAR(total.item<double>(), exact, 0.01 * exact);
}

std::string refusal(const nn::DetectorOutput& output, const std::vector<nn::Target>& targets) {
  try {
    Criterion()(output, targets);
  } catch (const focus::Error& error) {
    return error.what();
  }
  return "";
}

TEST(Criterion, BadTargetsAreNamed) {
  auto targets = targets_with({3, 2});
  targets[1].labels[0] = kClasses;
  EXPECT_NE(refusal(full_output(2, 3), targets).find("image 1 has label 7; the detector has classes 0 to 6"),
            std::string::npos);
  targets[1].labels = at::zeros({3}, at::kLong);
  EXPECT_NE(refusal(full_output(2, 3), targets).find("labels of shape [3] and boxes of shape [2, 4]"),
            std::string::npos);
  EXPECT_NE(refusal(full_output(2, 3), targets_with({1})).find("2 images predicted, 1 targets"),
            std::string::npos);
  EXPECT_NE(refusal({}, targets), "");
}

TEST(Criterion, PredictionsThatAreNotFiniteAreNamed) {
  auto output = full_output(2, 3);
  output.layers[2].boxes[1][4][0] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_NE(refusal(output, targets_with({3, 2})).find("box cost of query 4"), std::string::npos);
}

TEST(Criterion, OptionsRoundTrip) {
  focus::OptionTable table;
  LossOptions options;
  options.describe(table);
  table.set_assignment("foreground.size_overlap=0.5");
  table.set_assignment("matcher.class_cost=1");
  EXPECT_EQ(options.foreground.size_overlap, 0.5);
  EXPECT_EQ(options.matcher.class_cost, 1);
  EXPECT_THROW(table.set_assignment("foreground.size_overlap=0.6"), focus::UsageError);
}

/// The reference's boxes and matches of one head. Its logits are not all known, so they are made such that
/// the matches are beyond doubt.
nn::Prediction golden_head(const at::Tensor& boxes, const std::string& match,
                           const std::vector<nn::Target>& targets) {
  at::Tensor logits = at::full({2, 900, 80}, -10.0);
  for (int64_t i = 0; i < 2; ++i) {
    const auto part = [&](const char* end) {
      return golden("train_focus", fmt::format("{}_img{}_{}", match, i, end)).to(at::kLong);
    };
    logits[i].index_put_({part("src"), targets[i].labels.index_select(0, part("tgt"))}, 10.0);
  }
  return {logits, boxes};
}

TEST(Criterion, BoxForegroundAndDenoisingTermsOfTheReference) {
  FOCUS_NEEDS_SHARED_DATA();
  const auto targets = focus::test::golden_targets();
  const at::Tensor boxes = golden("train_focus", "outputs_coord");
  const at::Tensor denoising_boxes = golden("train_focus", "dn_outputs_coord");
  nn::DetectorOutput output;
  output.denoising = nn::DenoisingOutput{{}, 20, 10};
  for (int64_t l = 0; l < 6; ++l) {
    output.layers.push_back(
        golden_head(boxes[l], l == 5 ? "match_last" : fmt::format("match_aux{}", l), targets));
    output.denoising->layers.push_back({at::zeros({2, 200, 80}), denoising_boxes[l]});
  }
  output.proposals = golden_head(golden("train_focus", "enc_ref_sigmoid"), "match_enc", targets);
  output.spatial_shapes = {{49, 49}, {25, 25}, {13, 13}, {7, 7}};
  output.foreground_logits = golden("train_focus", "fg_score");

  const auto result = Criterion()(output, targets);
  const auto description = focus::test::golden_training();
  const auto weighted = values(result.weighted);
  EXPECT_EQ(weighted.size(), description["losses_weighted"].size());
  for (const auto& [name, expected] : description["losses_weighted"].items()) {
    ASSERT_TRUE(weighted.contains(name)) << name;
    if (name.starts_with("loss_class")) continue;
    EXPECT_NEAR(weighted.at(name), expected.get<double>(), 1e-5 * expected.get<double>()) << name;
  }
  for (const auto& [name, assignment] : result.assignments) {
    for (size_t i = 0; i < 2; ++i) {
      const auto match = fmt::format("{}_img{}_", name, i);
      EXPECT_TRUE(assignment[i].src.to(at::kInt).equal(golden("train_focus", match + "src"))) << match;
      EXPECT_TRUE(assignment[i].tgt.to(at::kInt).equal(golden("train_focus", match + "tgt"))) << match;
    }
  }
}

}  // namespace
