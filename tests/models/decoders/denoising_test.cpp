#include "models/decoders/denoising.h"

#include <ATen/CPUGeneratorImpl.h>

#include "base/error.h"
#include "losses/finite_difference.h"
#include "losses/golden.h"
#include "support/deterministic.h"

namespace {

using focus::models::denoising_attention_mask;
using focus::models::DenoisingOptions;
using focus::models::GeneratorSource;
using focus::models::make_denoising_queries;
using focus::test::expect_close;
using focus::test::golden;
namespace nn = focus::nn;

/// The draws golden numbers were made with: each is asked for once, in this order.
class NamedDraws : public focus::models::RandomSource {
 public:
  at::Tensor uniform(at::IntArrayRef shape) override {
    return focus::test::rand(next("rand_like", shape), c10::multiply_integers(shape)).view(shape);
  }
  at::Tensor integers(int64_t low, int64_t high, at::IntArrayRef shape) override {
    const std::string name = next(fmt::format("randint_like({},{})", low, high), shape);
    return focus::test::randint(name, low, high, c10::multiply_integers(shape)).view(shape);
  }
  void expect_all_drawn() const { EXPECT_TRUE(draws_.empty()); }

 private:
  std::string next(const std::string& kind, at::IntArrayRef shape) {
    const nlohmann::json draw = draws_.at(0);
    draws_.erase(draws_.begin());
    EXPECT_EQ(draw[1], kind);
    EXPECT_EQ(draw[2], nlohmann::json(shape.vec()));
    return draw[0];
  }

  std::vector<nlohmann::json> draws_ = focus::test::golden_training()["draws"];
};

std::vector<nn::Target> targets_with(const std::vector<int64_t>& counts) {
  std::vector<nn::Target> targets;
  for (const int64_t n : counts) {
    const std::string name = fmt::format("test/denoising/{}", targets.size());
    targets.push_back({focus::test::randint(name + "/labels", 0, 9, n),
                       focus::test::tensor(name + "/boxes", {n, 4}, 0.1, 0.4),
                       {100, 100}});
  }
  return targets;
}

GeneratorSource seeded(uint64_t seed) {
  auto generator = at::detail::createCPUGenerator(seed);
  return GeneratorSource(generator);
}

at::Tensor small_embedding() { return focus::test::tensor("test/denoising/embedding", {9, 6}); }

TEST(Denoising, MatchesTheReference) {
  FOCUS_NEEDS_SHARED_DATA();
  NamedDraws draws;
  const at::Tensor embedding = focus::test::parameter("label_enc.weight", {80, 256});
  const auto queries = make_denoising_queries(focus::test::golden_targets(), {}, embedding, 900, draws);
  draws.expect_all_drawn();
  ASSERT_TRUE(queries);
  EXPECT_EQ(queries->groups, 20);
  EXPECT_EQ(queries->group_size, 10);
  EXPECT_TRUE(queries->content.slice(2, 0, 8).equal(golden("train_focus", "dn_query_label")));
  EXPECT_NEAR(queries->content.to(at::kDouble).abs().sum().item<double>(),
              golden("train_focus", "dn_query_label_stats")[2].item<double>(), 1e-3);
  expect_close(queries->reference_logits, golden("train_focus", "dn_query_bbox"), 2e-5);

  const at::Tensor bits = golden("train_focus", "dn_attn_mask").unsqueeze(1);
  const at::Tensor place = at::tensor({128, 64, 32, 16, 8, 4, 2, 1}).to(at::kByte);
  const at::Tensor mask = bits.bitwise_and(place).ne(0).flatten().slice(0, 0, 1100 * 1100).view({1100, 1100});
  EXPECT_TRUE(queries->attention_mask.equal(mask));
  EXPECT_TRUE(
      queries->attention_mask.sum(1).to(at::kInt).equal(golden("train_focus", "dn_attn_mask_rowsum")));
}

TEST(Denoising, MaskSeparatesGroupsAndHidesThemFromTheQueries) {
  const at::Tensor expected = at::tensor({0, 0, 1, 1, 0,  //
                                          0, 0, 1, 1, 0,  //
                                          1, 1, 0, 0, 0,  //
                                          1, 1, 0, 0, 0,  //
                                          1, 1, 1, 1, 0});
  EXPECT_TRUE(denoising_attention_mask(2, 2, 1).equal(expected.view({5, 5}).to(at::kBool)));
}

TEST(Denoising, WithoutNoiseEveryGroupRepeatsTheBoxesAndPadsTheRest) {
  auto source = seeded(1);
  const auto targets = targets_with({2, 3, 0});
  const auto queries = make_denoising_queries(targets, {.queries = 7, .label_noise = 0, .box_noise = 0},
                                              small_embedding(), 4, source);
  ASSERT_TRUE(queries);
  EXPECT_EQ(queries->groups, 2);
  EXPECT_EQ(queries->group_size, 6);
  ASSERT_EQ(queries->content.sizes(), (at::IntArrayRef{3, 12, 6}));
  const at::Tensor boxes = queries->reference_logits.sigmoid();
  for (int64_t half = 0; half < 4; ++half) {
    EXPECT_TRUE(queries->labels[0].slice(0, 3 * half, 3 * half + 2).equal(targets[0].labels));
    EXPECT_TRUE(queries->labels[1].slice(0, 3 * half, 3 * half + 3).equal(targets[1].labels));
    EXPECT_EQ(queries->labels[0][3 * half + 2].item<int64_t>(), -1);
    EXPECT_EQ(queries->content[0][3 * half + 2].abs().sum().item<double>(), 0);
    EXPECT_EQ(queries->reference_logits[0][3 * half + 2].abs().sum().item<double>(), 0);
    expect_close(boxes[1].slice(0, 3 * half, 3 * half + 3), targets[1].boxes, 1e-6);
  }
  expect_close(queries->content[1], small_embedding().index_select(0, queries->labels[1]), 0);
  EXPECT_TRUE(queries->labels[2].eq(-1).all().item<bool>());
  EXPECT_EQ(queries->attention_mask.sizes(), (at::IntArrayRef{16, 16}));
}

TEST(Denoising, NoiseStaysWithinItsScale) {
  auto source = seeded(2);
  nn::Target target{at::full({1}, 3, at::kLong), at::tensor({0.5, 0.5, 0.2, 0.4}).view({1, 4}), {100, 100}};
  const auto queries =
      make_denoising_queries({target}, {.queries = 400, .box_noise = 0.4}, small_embedding(), 1, source);
  ASSERT_TRUE(queries);
  const at::Tensor boxes = queries->reference_logits[0].sigmoid().view({400, 2, 4});
  const at::Tensor half_size = at::tensor({0.1, 0.2, 0.1, 0.2});
  const auto corners = [](const at::Tensor& x) {
    return at::cat({x.slice(-1, 0, 2) - x.slice(-1, 2, 4) / 2, x.slice(-1, 0, 2) + x.slice(-1, 2, 4) / 2},
                   -1);
  };
  const at::Tensor shift = (corners(boxes) - corners(target.boxes)).abs() / half_size;
  EXPECT_LE(shift.select(1, 0).max().item<double>(), 0.4 + 1e-3);
  EXPECT_GT(shift.select(1, 0).max().item<double>(), 0.35);
  EXPECT_GE(shift.select(1, 1).min().item<double>(), 0.4 - 1e-3);
  EXPECT_GT(shift.select(1, 1).max().item<double>(), 0.75);
  // A quarter of the labels is replaced, one in nine of these by the same class.
  EXPECT_NEAR(queries->labels.ne(3).to(at::kFloat).mean().item<double>(), 0.25 * 8 / 9, 0.05);
}

TEST(Denoising, SidesThatCrossLeaveAnEmptyBoxNotANegativeOne) {
  auto source = seeded(9);
  const auto queries = make_denoising_queries(targets_with({1}), {.queries = 400, .box_noise = 1.0},
                                              small_embedding(), 1, source);
  const at::Tensor sides = queries->reference_logits.sigmoid().slice(2, 2, 4);
  EXPECT_NEAR(sides.min().item<double>(), 1e-3, 1e-5);
  EXPECT_TRUE(at::isfinite(queries->reference_logits).all().item<bool>());
}

TEST(Denoising, EqualSeedsGiveEqualQueries) {
  const auto targets = targets_with({4, 1});
  auto first = seeded(5), second = seeded(5), third = seeded(6);
  const auto a = make_denoising_queries(targets, {}, small_embedding(), 3, first);
  const auto b = make_denoising_queries(targets, {}, small_embedding(), 3, second);
  const auto c = make_denoising_queries(targets, {}, small_embedding(), 3, third);
  EXPECT_TRUE(a->reference_logits.equal(b->reference_logits));
  EXPECT_TRUE(a->labels.equal(b->labels));
  EXPECT_FALSE(a->reference_logits.equal(c->reference_logits));
}

TEST(Denoising, ThereIsAlwaysOneGroup) {
  auto source = seeded(3);
  const auto queries =
      make_denoising_queries(targets_with({5}), {.queries = 2}, small_embedding(), 1, source);
  ASSERT_TRUE(queries);
  EXPECT_EQ(queries->groups, 1);
  EXPECT_EQ(queries->group_size, 10);
}

TEST(Denoising, NothingWithoutBoxesOrQueries) {
  auto source = seeded(4);
  EXPECT_FALSE(make_denoising_queries(targets_with({0, 0}), {}, small_embedding(), 3, source));
  EXPECT_FALSE(make_denoising_queries({}, {}, small_embedding(), 3, source));
  EXPECT_FALSE(make_denoising_queries(targets_with({2}), {.queries = 0}, small_embedding(), 3, source));
}

TEST(Denoising, ContentTeachesTheEmbedding) {
  auto source = seeded(7);
  const at::Tensor embedding = small_embedding().clone().requires_grad_();
  const auto queries = make_denoising_queries(targets_with({2, 1}), {.queries = 4}, embedding, 3, source);
  const at::Tensor gradient = torch::autograd::grad({queries->content.sum()}, {embedding})[0];
  for (int64_t c = 0; c < 9; ++c) {
    EXPECT_EQ(gradient[c][0].item<double>(), queries->labels.eq(c).sum().item<double>()) << "class " << c;
  }
}

TEST(Denoising, RefusesAnUnknownClass) {
  auto source = seeded(8);
  auto targets = targets_with({1, 2});
  targets[1].labels[1] = 9;
  try {
    make_denoising_queries(targets, {}, small_embedding(), 3, source);
    FAIL() << "class 9 of 9 was accepted";
  } catch (const focus::Error& error) {
    EXPECT_NE(std::string(error.what()).find("image 1 has label 9"), std::string::npos) << error.what();
  }
}

}  // namespace
