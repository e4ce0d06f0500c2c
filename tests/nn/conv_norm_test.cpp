#include "nn/conv_norm.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "nn/largest.h"
#include "support/deterministic.h"

namespace focus::test {
namespace {

at::Tensor by_channel(const at::Tensor& x) { return x.view({1, -1, 1, 1}); }

using nn::Activation;
using nn::BatchNorm;
using nn::BatchNormMode;
using nn::ConvNorm;
using nn::ConvShape;

/// A convolution and its norm, both far from the identity.
struct Brick {
  ConvShape shape;
  std::shared_ptr<BatchNorm> norm;
  std::shared_ptr<ConvNorm> conv;

  Brick(const ConvShape& shape, BatchNormMode mode, Activation activation)
      : shape(shape),
        norm(std::make_shared<BatchNorm>(shape.out, mode)),
        conv(std::make_shared<ConvNorm>(shape, norm, activation, /*own_norm=*/true)) {
    at::NoGradGuard no_grad;
    norm->weight.copy_(tensor("test/brick/weight", {shape.out}, 0.5, 1.5));
    norm->bias.copy_(tensor("test/brick/bias", {shape.out}, 1));
    norm->running_mean.copy_(tensor("test/brick/mean", {shape.out}, 1));
    norm->running_var.copy_(tensor("test/brick/variance", {shape.out}, 0.5, 1));
  }

  at::Tensor convolved(const at::Tensor& x) const {
    const int64_t padding = (shape.kernel - 1) / 2;
    return at::conv2d(x, conv->weight, {}, {shape.stride, shape.stride}, {padding, padding}, {1, 1},
                      shape.groups);
  }

  /// Convolution, then the norm's formula with the running statistics.
  at::Tensor unfused(const at::Tensor& x) const {
    const auto normal =
        (convolved(x) - by_channel(norm->running_mean)) / (by_channel(norm->running_var) + 1e-5).sqrt();
    return normal * by_channel(norm->weight) + by_channel(norm->bias);
  }
};

const ConvShape kShapes[] = {{4, 6, 1}, {4, 6, 3, 2}, {6, 6, 3, 1, 6}, {3, 8, 7, 2}};

TEST(ConvNorm, FrozenAndLiveInEvaluationAreTheUnfusedFormula) {
  at::NoGradGuard no_grad;
  for (const auto& shape : kShapes) {
    const auto x = tensor("test/brick/x", {2, shape.in, 9, 11});
    for (const auto mode : {BatchNormMode::kFrozen, BatchNormMode::kLive}) {
      Brick brick(shape, mode, Activation::kNone);
      brick.conv->eval();
      const auto found = brick.conv->forward(x), expected = brick.unfused(x);
      ASSERT_EQ(found.sizes(), expected.sizes());
      EXPECT_LT(largest(found - expected), 1e-5 * (1 + largest(expected))) << "kernel " << shape.kernel;
    }
  }
}

TEST(ConvNorm, FrozenDoesTheSameInTraining) {
  at::NoGradGuard no_grad;
  Brick brick({4, 6, 3}, BatchNormMode::kFrozen, Activation::kRelu);
  const auto x = tensor("test/brick/x", {2, 4, 9, 11});
  brick.conv->train();
  const auto mean = brick.norm->running_mean.clone();
  EXPECT_LT(largest(brick.conv->forward(x) - brick.unfused(x).clamp_min(0)), 1e-4);
  EXPECT_TRUE(brick.norm->running_mean.equal(mean));
}

TEST(ConvNorm, LiveInTrainingUsesTheBatchAndUpdatesRunningStatistics) {
  at::NoGradGuard no_grad;
  Brick brick({4, 6, 3}, BatchNormMode::kLive, Activation::kNone);
  brick.conv->train();
  const auto x = tensor("test/brick/x", {2, 4, 9, 11});
  const auto y = brick.convolved(x);
  const auto values = y.transpose(0, 1).flatten(1);  // channels, all values of each
  const auto mean = values.mean(1), variance = values.var(1, /*unbiased=*/false);
  const auto unbiased = values.var(1, /*unbiased=*/true);
  const auto old_mean = brick.norm->running_mean.clone(), old_variance = brick.norm->running_var.clone();

  const auto expected =
      (y - by_channel(mean)) / (by_channel(variance) + 1e-5).sqrt() * by_channel(brick.norm->weight) +
      by_channel(brick.norm->bias);
  EXPECT_LT(largest(brick.conv->forward(x) - expected), 1e-4);
  EXPECT_LT(largest(brick.norm->running_mean - (0.9 * old_mean + 0.1 * mean)), 1e-5);
  EXPECT_LT(largest(brick.norm->running_var - (0.9 * old_variance + 0.1 * unbiased)), 1e-5);
  EXPECT_GT(largest(brick.norm->running_mean - old_mean), 1e-3);

  brick.conv->eval();
  const auto settled = brick.norm->running_mean.clone();
  brick.conv->forward(x);
  EXPECT_TRUE(brick.norm->running_mean.equal(settled)) << "evaluation changes nothing";
}

TEST(ConvNorm, Activations) {
  at::NoGradGuard no_grad;
  const auto x = tensor("test/brick/x", {2, 4, 9, 11}, 10);
  Brick none({4, 6, 3}, BatchNormMode::kFrozen, Activation::kNone);
  Brick relu({4, 6, 3}, BatchNormMode::kFrozen, Activation::kRelu);
  Brick relu6({4, 6, 3}, BatchNormMode::kFrozen, Activation::kRelu6);
  relu.conv->weight.copy_(none.conv->weight);
  relu6.conv->weight.copy_(none.conv->weight);
  const auto plain = none.conv->forward(x);
  ASSERT_LT(plain.min().item<double>(), 0);
  ASSERT_GT(plain.max().item<double>(), 6);
  EXPECT_TRUE(relu.conv->forward(x).equal(plain.clamp_min(0)));
  EXPECT_TRUE(relu6.conv->forward(x).equal(plain.clamp(0, 6)));
}

TEST(ConvNorm, FrozenNormHasNoParameters) {
  Brick frozen({4, 6, 3}, BatchNormMode::kFrozen, Activation::kRelu);
  EXPECT_EQ(frozen.conv->named_parameters().keys(), std::vector<std::string>{"weight"});
  EXPECT_EQ(frozen.conv->named_buffers().keys(),
            (std::vector<std::string>{"norm.weight", "norm.bias", "norm.running_mean", "norm.running_var"}));
  Brick live({4, 6, 3}, BatchNormMode::kLive, Activation::kRelu);
  EXPECT_EQ(live.conv->named_parameters().keys(),
            (std::vector<std::string>{"weight", "norm.weight", "norm.bias"}));
}

TEST(ConvNorm, FrozenNormThatNobodyLoadedIsTheIdentity) {
  at::NoGradGuard no_grad;
  auto norm = std::make_shared<BatchNorm>(6, BatchNormMode::kFrozen);
  ConvNorm conv({4, 6, 3}, norm, Activation::kNone, /*own_norm=*/false);
  const auto x = tensor("test/brick/x", {1, 4, 5, 5});
  EXPECT_LT(largest(conv.forward(x) - at::conv2d(x, conv.weight, {}, {1, 1}, {1, 1})), 1e-6);
  EXPECT_EQ(conv.buffers().size(), 0U) << "the norm's place in the tree is its owner's choice";
}

TEST(ConvNorm, GradientsReachTheWeightsThroughTheFusion) {
  for (const auto mode : {BatchNormMode::kFrozen, BatchNormMode::kLive}) {
    Brick brick({4, 6, 3, 2}, mode, Activation::kNone);
    brick.conv->eval();
    const auto x = tensor("test/brick/x", {2, 4, 9, 11});
    const auto upstream = tensor("test/brick/upstream", {2, 6, 5, 6});
    brick.unfused(x).backward(upstream);
    const auto expected = brick.conv->weight.grad().clone();
    brick.conv->weight.mutable_grad().reset();
    brick.conv->forward(x).backward(upstream);
    EXPECT_LT(largest(brick.conv->weight.grad() - expected), 1e-4 * largest(expected));
  }
}

TEST(BatchNorm, ModesByName) {
  EXPECT_EQ(nn::batch_norm_mode("frozen"), BatchNormMode::kFrozen);
  EXPECT_EQ(nn::batch_norm_mode("live"), BatchNormMode::kLive);
  EXPECT_THROW(nn::batch_norm_mode("frosen"), UsageError);
}

}  // namespace
}  // namespace focus::test
