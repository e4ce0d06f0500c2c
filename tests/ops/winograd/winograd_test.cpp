#include "ops/winograd/winograd.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "base/error.h"
#include "ops/packed/packed_convolution.h"
#include "ops/relative_error.h"
#include "ops/winograd/winograd_inputs.h"
#include "support/deterministic.h"
#include "support/error_budget.h"

namespace {

using namespace focus::ops;
using focus::test::relative_error;
using focus::test::within_budget;
using namespace focus::test::winograd;
using focus::test::tensor;

constexpr auto kChannelsLast = at::MemoryFormat::ChannelsLast;

#define REQUIRE_KERNEL() \
  if (WinogradConvolution::lanes() == 0) GTEST_SKIP() << "this instruction set has no kernel"

struct WinogradCase {
  int64_t images, in, out, height, width;
};

class Winograds : public testing::TestWithParam<WinogradCase> {
 protected:
  int64_t lanes = WinogradConvolution::lanes();
  WinogradCase shape = GetParam();
  at::Tensor weight = tensor("winograd/weight", {shape.out * lanes, shape.in* lanes, 3, 3});
  at::Tensor bias = tensor("winograd/bias", {shape.out * lanes});
  at::Tensor x = tensor("winograd/x", {shape.images, shape.in* lanes, shape.height, shape.width});
  at::Tensor addend = tensor("winograd/addend", {shape.images, shape.out* lanes, shape.height, shape.width});

  void SetUp() override { REQUIRE_KERNEL(); }
};

TEST_P(Winograds, AreConvolutionsInBothLayouts) {
  const WinogradConvolution winograd(weight, bias, Activation::kNone);
  const auto expected = exact(x, weight, bias);
  EXPECT_TRUE(
      within_budget("winograd.forward", relative_error(winograd.run(x.contiguous(kChannelsLast)), expected)));
  EXPECT_TRUE(within_budget("winograd.forward",
                            relative_error(in_order(winograd.run(in_blocks(x, lanes))), expected)));
}

TEST_P(Winograds, AddBeforeTheActivation) {
  const auto sum = exact(x, weight, bias) + addend;
  for (const auto& [activation, expected] :
       {std::pair{Activation::kNone, sum}, std::pair{Activation::kRelu, at::relu(sum)},
        std::pair{Activation::kRelu6, at::clamp(sum, 0, 6)}}) {
    const WinogradConvolution winograd(weight, bias, activation);
    const auto mixed = winograd.run(in_blocks(x, lanes), addend.contiguous(kChannelsLast));
    EXPECT_TRUE(within_budget("winograd.forward", (in_order(mixed) - expected).abs().max().item<double>() /
                                                      sum.abs().max().item<double>()));
    const auto alike = winograd.run(in_blocks(x, lanes), in_blocks(addend, lanes));
    EXPECT_TRUE(alike.equal(mixed));
  }
}

TEST_P(Winograds, DoNotDependOnTheThreads) {
  const WinogradConvolution winograd(weight, bias, Activation::kRelu);
  const int before = at::get_num_threads();
  std::vector<at::Tensor> found;
  for (const int threads : {1, 2, 5}) {
    at::set_num_threads(threads);
    found.push_back(winograd.run(in_blocks(x, lanes)));
  }
  at::set_num_threads(before);
  EXPECT_TRUE(found[1].equal(found[0]));
  EXPECT_TRUE(found[2].equal(found[0]));
}

INSTANTIATE_TEST_SUITE_P(Shapes, Winograds,
                         testing::Values(WinogradCase{1, 1, 1, 4, 4}, WinogradCase{1, 1, 1, 1, 1},
                                         WinogradCase{2, 3, 5, 5, 7}, WinogradCase{1, 8, 8, 30, 42},
                                         WinogradCase{2, 2, 1, 13, 13}, WinogradCase{1, 1, 3, 2, 61},
                                         WinogradCase{1, 16, 4, 9, 3}));

TEST(Winograd, RoundsLittleMoreThanTheSum) {
  REQUIRE_KERNEL();
  const auto weight = tensor("winograd/wide-weight", {64, 256, 3, 3}),
             bias = tensor("winograd/wide-bias", {64}),
             x = at::relu(tensor("winograd/wide", {1, 256, 24, 24}));
  const auto expected = exact(x, weight, bias);
  const auto error = [&](const at::Tensor& found) {
    return (found - expected).square().mean().sqrt().item<double>();
  };
  const WinogradConvolution winograd(weight, bias, Activation::kNone);
  EXPECT_TRUE(within_budget("winograd.rounding", error(winograd.run(x.contiguous(kChannelsLast)))));
}

TEST(Winograd, KeepsWhatIsNotANumber) {
  REQUIRE_KERNEL();
  const int64_t lanes = WinogradConvolution::lanes();
  auto x = at::zeros({1, lanes, 12, 12}).contiguous(kChannelsLast);
  x[0][1][5][5].fill_(std::numeric_limits<float>::quiet_NaN());
  const WinogradConvolution winograd(at::ones({lanes, lanes, 3, 3}), {}, Activation::kRelu);
  const auto y = winograd.run(x);
  EXPECT_TRUE(std::isnan(y[0][0][5][5].item<float>()));
  EXPECT_EQ(y[0][0][11][11].item<float>(), 0) << "tiles away";
}

TEST(Winograd, TellsWhatDoesNotFit) {
  REQUIRE_KERNEL();
  const int64_t lanes = WinogradConvolution::lanes();
  const WinogradConvolution winograd(at::zeros({lanes, 2 * lanes, 3, 3}), {}, Activation::kNone);
  const auto map = [&](int64_t channels, int64_t size) {
    return at::zeros({1, channels, size, size}).contiguous(kChannelsLast);
  };
  EXPECT_THROW(winograd.run(map(lanes, 8)), focus::Error);
  EXPECT_THROW(winograd.run(at::zeros({1, 2 * lanes, 8, 8})), focus::Error) << "planes";
  EXPECT_THROW(winograd.run(map(2 * lanes, 8).to(at::kDouble)), focus::Error);
  EXPECT_THROW(winograd.run(map(2 * lanes, 8), map(lanes, 9)), focus::Error);
  EXPECT_FALSE(WinogradConvolution::fits(lanes, lanes, 3, 2, 1, Activation::kRelu)) << "stride";
  EXPECT_FALSE(WinogradConvolution::fits(lanes, lanes, 1, 1, 1, Activation::kRelu)) << "kernel";
  EXPECT_FALSE(WinogradConvolution::fits(lanes, lanes, 3, 1, lanes, Activation::kRelu)) << "groups";
  EXPECT_FALSE(WinogradConvolution::fits(lanes + 1, lanes, 3, 1, 1, Activation::kRelu)) << "channels";
  EXPECT_FALSE(WinogradConvolution::fits(lanes, lanes, 3, 1, 1, Activation::kGelu)) << "activation";
}

TEST(Winograd, IsHowPackedConvolutionsOfThatShapeRun) {
  REQUIRE_KERNEL();
  const auto weight = tensor("winograd/packed-weight", {32, 32, 3, 3}),
             bias = tensor("winograd/packed-bias", {32});
  const PackedConvolution packed(weight, bias, {.activation = Activation::kRelu});
  const auto large = tensor("winograd/large", {1, 32, 40, 40}),
             small = tensor("winograd/small", {1, 32, 6, 6});
  const auto by_winograd =
      WinogradConvolution(weight, bias, Activation::kRelu).run(large.contiguous(kChannelsLast));
  EXPECT_TRUE(packed.run(large).equal(by_winograd));
  EXPECT_EQ(packed.plans(), 0U);
  EXPECT_TRUE(within_budget("convolution.float32", relative_error(unblock(packed.run(small), 32),
                                                                  at::relu(exact(small, weight, bias)))));
  EXPECT_EQ(packed.plans(), 1U) << "small maps are left to oneDNN";
}

}  // namespace
