#include "ops/winograd/winograd_autograd.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "ops/relative_error.h"
#include "ops/winograd/winograd.h"
#include "ops/winograd/winograd_inputs.h"
#include "support/deterministic.h"
#include "support/error_budget.h"

namespace {

using namespace focus::ops;
using focus::test::relative_error;
using focus::test::tensor;
using focus::test::within_budget;

struct TrainedCase {
  int64_t images, in, out, height, width;
};

struct Trained {
  at::Tensor x, weight, bias;

  Trained(const TrainedCase& c, bool biased) {
    const int64_t lanes = WinogradConvolution::lanes();
    x = tensor("winograd-trained/x", {c.images, c.in * lanes, c.height, c.width}).set_requires_grad(true);
    weight = tensor("winograd-trained/weight", {c.out * lanes, c.in * lanes, 3, 3}).set_requires_grad(true);
    if (biased) bias = tensor("winograd-trained/bias", {c.out * lanes}).set_requires_grad(true);
  }

  Trained in_float64() const {
    Trained other(*this);
    for (auto* part : {&other.x, &other.weight, &other.bias}) {
      if (part->defined()) *part = part->detach().to(at::kDouble).set_requires_grad(true);
    }
    return other;
  }
};

class WinogradTraining : public testing::TestWithParam<TrainedCase> {
 protected:
  void SetUp() override {
    if (WinogradConvolution::lanes() == 0) GTEST_SKIP() << "this instruction set has no kernel";
  }
};

TEST_P(WinogradTraining, GradientsAreThoseOfTheConvolution) {
  for (const auto& [biased, activation] : {std::pair{false, Activation::kNone},
                                           {true, Activation::kNone},
                                           {false, Activation::kRelu},
                                           {true, Activation::kRelu}}) {
    const Trained found(GetParam(), biased), expected = found.in_float64();
    const auto y = winograd_conv2d(found.x, found.weight, found.bias, activation);
    auto exact = at::conv2d(expected.x, expected.weight, expected.bias, 1, 1);
    // What rounding brings to the other side of zero has another gradient.
    if (activation == Activation::kRelu) exact = exact * y.detach().gt(0);
    EXPECT_TRUE(within_budget("winograd.training", relative_error(y, exact)));
    const auto grad = tensor("winograd-trained/grad", y.sizes());
    y.backward(grad);
    exact.backward(grad.to(at::kDouble));
    EXPECT_TRUE(within_budget("winograd.training", relative_error(found.x.grad(), expected.x.grad())));
    EXPECT_TRUE(
        within_budget("winograd.training", relative_error(found.weight.grad(), expected.weight.grad())));
    if (biased) {
      EXPECT_TRUE(
          within_budget("winograd.training", relative_error(found.bias.grad(), expected.bias.grad())));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, WinogradTraining,
                         testing::Values(TrainedCase{1, 1, 1, 4, 4}, TrainedCase{2, 3, 5, 5, 7},
                                         TrainedCase{1, 8, 3, 30, 42}, TrainedCase{1, 1, 2, 1, 1},
                                         // More tiles than are held at a time.
                                         TrainedCase{2, 2, 2, 70, 70}));

TEST(WinogradTrainingAlone, GradientsDoNotDependOnTheThreads) {
  if (WinogradConvolution::lanes() == 0) GTEST_SKIP() << "this instruction set has no kernel";
  const int before = at::get_num_threads();
  std::vector<std::vector<at::Tensor>> found;
  for (const int threads : {1, 2, 5}) {
    at::set_num_threads(threads);
    const Trained layer({2, 3, 5, 33, 19}, true);
    winograd_conv2d(layer.x, layer.weight, layer.bias).square().sum().backward();
    found.push_back({layer.x.grad(), layer.weight.grad()});
  }
  at::set_num_threads(before);
  for (const auto& other : {found[1], found[2]}) {
    EXPECT_TRUE(other[0].equal(found[0][0]));
    EXPECT_TRUE(other[1].equal(found[0][1]));
  }
}

TEST(WinogradTrainingAlone, ComputesOnlyWhatIsAskedFor) {
  if (WinogradConvolution::lanes() == 0) GTEST_SKIP() << "this instruction set has no kernel";
  const Trained layer({1, 1, 1, 8, 8}, false);
  winograd_conv2d(layer.x.detach(), layer.weight, {}).sum().backward();
  EXPECT_TRUE(layer.weight.grad().defined());
  const Trained frozen({1, 1, 1, 8, 8}, false);
  winograd_conv2d(frozen.x, frozen.weight.detach(), {}).sum().backward();
  EXPECT_TRUE(frozen.x.grad().defined());
}

TEST(WinogradTrainingAlone, SuitsLargeMapsOfFloatsOnly) {
  const int64_t lanes = WinogradConvolution::lanes();
  if (lanes == 0) GTEST_SKIP() << "this instruction set has no kernel";
  const auto weight = at::zeros({lanes, lanes, 3, 3}), map = at::zeros({1, lanes, 40, 40});
  EXPECT_TRUE(winograd_suits(map, weight, 1, 1));
  EXPECT_FALSE(winograd_suits(map, weight, 2, 1));
  EXPECT_FALSE(winograd_suits(at::zeros({1, lanes, 20, 20}), weight, 1, 1));
  EXPECT_FALSE(winograd_suits(map.to(at::kDouble), weight.to(at::kDouble), 1, 1));
  EXPECT_FALSE(winograd_suits(map, at::zeros({lanes, 1, 3, 3}), 1, lanes));
}

}  // namespace
