#include "losses/foreground.h"

#include "base/error.h"
#include "losses/finite_difference.h"
#include "losses/golden.h"
#include "support/deterministic.h"

namespace {

using focus::losses::foreground_loss_per_image;
using focus::losses::foreground_size_ranges;
using focus::losses::foreground_targets;
using focus::losses::ForegroundOptions;
using focus::nn::ImageSize;
using focus::test::expect_close;
using focus::test::golden;

const std::vector<ImageSize> kUnitShapes{{40, 47}, {20, 24}, {10, 12}, {5, 6}};

at::Tensor unit_foreground() {
  const at::Tensor boxes = golden("units", "gentargets_boxes");
  return at::stack({foreground_targets(boxes[0], kUnitShapes, ForegroundOptions{}),
                    foreground_targets(boxes[1], kUnitShapes, ForegroundOptions{})});
}

/// Number of foreground tokens of one square box on each of four levels of a 512x512 image.
std::vector<int64_t> tokens_on(double side, const ForegroundOptions& options) {
  const std::vector<ImageSize> shapes{{64, 64}, {32, 32}, {16, 16}, {8, 8}};
  const at::Tensor box = at::tensor({0.0, 0.0, side, side}).view({1, 4});
  const auto counts = foreground_targets(box, shapes, options).split_with_sizes({4096, 1024, 256, 64});
  std::vector<int64_t> result;
  for (const at::Tensor& level : counts) result.push_back(level.sum().item<int64_t>());
  return result;
}

TEST(ForegroundTargets, MatchTheReference) {
  EXPECT_TRUE(unit_foreground().equal(golden("units", "gentargets_out").to(at::kBool)));
}

TEST(ForegroundTargets, MatchTheReferenceInTraining) {
  FOCUS_NEEDS_SHARED_DATA();
  const std::vector<ImageSize> shapes{{49, 49}, {25, 25}, {13, 13}, {7, 7}};
  const at::Tensor expected = golden("train_focus", "fg_targets").to(at::kBool);
  EXPECT_TRUE(foreground_targets(focus::test::golden_targets(), shapes, {}).equal(expected));
}

TEST(ForegroundTargets, SidesAreOutsideAndCentresAreHalfAStride) {
  const ForegroundOptions one_level{.size_bounds = {}, .size_overlap = 0, .strides = {8}};
  const auto row = [&](double left, double right) {
    return foreground_targets(at::tensor({left, 0.0, right, 8.0}).view({1, 4}), {{1, 4}}, one_level);
  };
  // Centres at 4, 12, 20, 28.
  EXPECT_TRUE(row(4, 20).equal(at::tensor({0, 1, 0, 0}).to(at::kBool)));
  EXPECT_TRUE(row(3.9, 20.1).equal(at::tensor({1, 1, 1, 0}).to(at::kBool)));
}

TEST(ForegroundTargets, EachSizeHasItsLevelAndOverlapWidensDownwards) {
  // The farthest side of a token in a 40 pixel box is at 20 to 40 pixels; in one of 250, at 125 to 250.
  EXPECT_EQ(tokens_on(40, {}), (std::vector<int64_t>{25, 0, 0, 0}));
  const auto disjoint = tokens_on(250, {}), overlapping = tokens_on(250, {.size_overlap = 0.5});
  EXPECT_EQ(disjoint[3], 0);
  EXPECT_GT(disjoint[2], 0);
  EXPECT_EQ(overlapping[2], disjoint[2]);
  EXPECT_GT(overlapping[3], 0);
  const auto ranges = foreground_size_ranges({.size_overlap = 0.5}, 4);
  EXPECT_EQ(ranges[0].above, -1);
  EXPECT_EQ(ranges[1].above, 32);
  EXPECT_EQ(ranges[1].up_to, 128);
  EXPECT_EQ(ranges[3].above, 128);
}

TEST(ForegroundTargets, NoBoxesGiveNoForeground) {
  const at::Tensor none = foreground_targets(at::empty({0, 4}), kUnitShapes, ForegroundOptions{});
  EXPECT_EQ(none.numel(), 2510);
  EXPECT_FALSE(none.any().item<bool>());
}

TEST(ForegroundTargets, LevelsThatDoNotFitAreNamed) {
  try {
    foreground_size_ranges({}, 5);
    FAIL() << "five levels were accepted";
  } catch (const focus::UsageError& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("5 feature levels"), std::string::npos) << message;
    EXPECT_NE(message.find("size_bounds [64, 128, 256] makes 4"), std::string::npos) << message;
  }
  EXPECT_THROW(foreground_size_ranges({.size_bounds = {128, 64, 256}}, 4), focus::UsageError);
  EXPECT_THROW(foreground_size_ranges({.strides = {8, 16, 32}}, 4), focus::UsageError);
}

TEST(ForegroundLoss, MatchesTheReference) {
  const at::Tensor logits = focus::test::tensor("unit/clsloss/pred", {2, 2510, 1}, 2, -1).requires_grad_();
  const at::Tensor foreground = unit_foreground();
  EXPECT_TRUE(foreground.sum(1).equal(golden("units", "clsloss_npos")));
  const at::Tensor loss = foreground_loss_per_image(logits.squeeze(2), foreground, 0.25, 2);
  expect_close(loss, golden("units", "clsloss_per_image"), 1e-5);
  const at::Tensor gradient = torch::autograd::grad({loss.mean()}, {logits})[0];
  expect_close(focus::test::strided_sample(gradient, 256), golden("units", "clsloss_grad_sub"), 1e-7);
}

TEST(ForegroundLoss, GradientByFiniteDifferences) {
  const at::Tensor logits = focus::test::tensor("test/foreground", {2, 12}, 4).to(at::kDouble);
  const at::Tensor foreground = at::arange(24).remainder(5).eq(0).view({2, 12});
  focus::test::expect_gradient_by_finite_differences(
      [&](const at::Tensor& x) { return foreground_loss_per_image(x, foreground, 0.25, 2).mean(); }, logits);
}

TEST(ForegroundLoss, ImagesWithoutForegroundAreDividedByOne) {
  const at::Tensor logits = at::zeros({1, 10}), none = at::zeros({1, 10}, at::kBool);
  const double one_token = 0.75 * 0.25 * std::log(2.0);
  EXPECT_NEAR(foreground_loss_per_image(logits, none, 0.25, 2).item<double>(), 10 * one_token, 1e-5);
}

}  // namespace
