#include "nn/layers.h"

#include <gtest/gtest.h>

#include <cmath>

#include "nn/largest.h"
#include "support/deterministic.h"

namespace focus::test {
namespace {

std::vector<std::string> names_of(const torch::nn::Module& module) {
  return module.named_parameters().keys();
}

TEST(Mlp, HasReluBetweenItsLayersAndNoneBehindTheLast) {
  at::NoGradGuard no_grad;
  nn::Mlp mlp(5, 7, 3, 3);
  EXPECT_EQ(names_of(mlp), (std::vector<std::string>{"layers.0.weight", "layers.0.bias", "layers.1.weight",
                                                     "layers.1.bias", "layers.2.weight", "layers.2.bias"}));
  const auto p = mlp.named_parameters();
  const auto x = tensor("test/mlp/x", {40, 5});
  auto y = at::linear(x, p["layers.0.weight"], p["layers.0.bias"]).clamp_min(0);
  y = at::linear(y, p["layers.1.weight"], p["layers.1.bias"]).clamp_min(0);
  y = at::linear(y, p["layers.2.weight"], p["layers.2.bias"]);
  EXPECT_LT(y.min().item<double>(), 0) << "else a ReLU behind the last layer would go unnoticed";
  EXPECT_LT(largest(mlp.forward(x) - y), 1e-6);
  EXPECT_TRUE(mlp.last().weight.is_same(p["layers.2.weight"]));
}

TEST(Mlp, OfOneLayerIsLinear) {
  at::NoGradGuard no_grad;
  nn::Mlp mlp(4, 99, 2, 1);
  const auto x = tensor("test/mlp/x", {3, 4});
  EXPECT_EQ(mlp.last().weight.sizes().vec(), (std::vector<int64_t>{2, 4}));
  EXPECT_TRUE(mlp.forward(x).equal(at::linear(x, mlp.last().weight, mlp.last().bias)));
}

TEST(FeedForward, AddsItsInput) {
  at::NoGradGuard no_grad;
  nn::FeedForward feedforward(6, 10);
  const auto p = feedforward.named_parameters();
  EXPECT_EQ(names_of(feedforward), (std::vector<std::string>{"layers.0.0.weight", "layers.0.0.bias",
                                                             "layers.1.weight", "layers.1.bias"}));
  const auto x = tensor("test/feedforward/x", {2, 5, 6});
  const auto hidden = at::linear(x, p["layers.0.0.weight"], p["layers.0.0.bias"]).clamp_min(0);
  const auto branch = at::linear(hidden, p["layers.1.weight"], p["layers.1.bias"]);
  EXPECT_GT(largest(branch), 0.01);
  EXPECT_LT(largest(feedforward.forward(x) - (x + branch)), 1e-6);
}

TEST(Linear, StartsWithinTheBoundOfItsInputs) {
  nn::Linear linear(16, 400);
  EXPECT_LE(largest(linear.weight), 0.25);
  EXPECT_GT(largest(linear.weight), 0.24);
  EXPECT_LE(largest(linear.bias), 0.25);
  EXPECT_GT(largest(linear.bias), 0.2);
}

TEST(XavierUniform, BoundsComeFromBothFans) {
  const auto expect_bound = [](at::IntArrayRef shape, double fans) {
    auto weight = at::zeros(shape);
    nn::xavier_uniform_(weight);
    const double bound = std::sqrt(6.0 / fans);
    EXPECT_LE(largest(weight), bound * (1 + 1e-6)) << shape;
    EXPECT_GT(largest(weight), 0.97 * bound) << shape;
    EXPECT_NEAR(weight.mean().item<double>(), 0, 0.1 * bound) << shape;
    EXPECT_NEAR(weight.std().item<double>(), bound / std::sqrt(3.0), 0.1 * bound) << shape;
  };
  expect_bound({60, 20}, 80);
  expect_bound({16, 8, 3, 3}, 24 * 9);
}

TEST(XavierUniform, LeavesAParameterTrainable) {
  auto weight = at::zeros({8, 8}).requires_grad_();
  nn::xavier_uniform_(weight);
  EXPECT_TRUE(weight.is_leaf());
  EXPECT_TRUE(weight.requires_grad());
}

TEST(Norms, HaveZeroMeanAndUnitVarianceThenScaleAndShift) {
  at::NoGradGuard no_grad;
  nn::LayerNorm layer_norm(12);
  const auto x = tensor("test/norm/x", {3, 12}, 4, 2);
  const auto normal =
      (x - x.mean(-1, true)) / (x.var(-1, /*unbiased=*/false, /*keepdim=*/true) + 1e-5).sqrt();
  EXPECT_LT(largest(layer_norm.forward(x) - normal), 1e-5);
  layer_norm.weight.fill_(3);
  layer_norm.bias.fill_(-1);
  EXPECT_LT(largest(layer_norm.forward(x) - (3 * normal - 1)), 1e-5);

  nn::GroupNorm group_norm(2, 6);
  const auto image = tensor("test/norm/image", {2, 6, 3, 4}, 4, 2);
  const auto grouped = image.reshape({4, -1});
  const auto expected = (grouped - grouped.mean(-1, true)) /
                        (grouped.var(-1, /*unbiased=*/false, /*keepdim=*/true) + 1e-5).sqrt();
  EXPECT_LT(largest(group_norm.forward(image) - expected.view_as(image)), 1e-5);
}

}  // namespace
}  // namespace focus::test
