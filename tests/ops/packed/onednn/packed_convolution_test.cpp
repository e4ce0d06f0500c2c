#include "ops/packed/packed_convolution.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "ops/exact_convolution.h"
#include "ops/packed/group_norm.h"
#include "ops/relative_error.h"
#include "ops/rows/rows.h"
#include "support/deterministic.h"
#include "support/error_budget.h"

namespace {

using namespace focus::ops;
using focus::test::relative_error;
using focus::test::within_budget;

struct ConvolutionCase {
  int64_t in, out, kernel, stride, groups;
};

class PackedConvolutions : public testing::TestWithParam<ConvolutionCase> {
 protected:
  at::Tensor weight = focus::test::tensor("packed/weight", {GetParam().out, GetParam().in / GetParam().groups,
                                                            GetParam().kernel, GetParam().kernel});
  at::Tensor bias = focus::test::tensor("packed/bias", {GetParam().out});

  at::Tensor plain(const at::Tensor& x) const {
    return focus::test::exact_convolution(x, weight, bias, GetParam().stride, GetParam().groups);
  }
};

TEST_P(PackedConvolutions, MeetConvolutionOfEveryShapeAndLayout) {
  const auto& c = GetParam();
  const PackedConvolution packed(weight, bias, {c.stride, c.groups});
  for (const int64_t height : {1, 9, 14, 9}) {  // A shape seen before comes from the cache.
    const auto x = focus::test::tensor("packed/x", {2, c.in, height, 11});
    for (const auto format : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
      const auto found = unblock(packed.run(x.contiguous(format)), c.out);
      EXPECT_TRUE(within_budget("convolution.float32", relative_error(found, plain(x)))) << height;
    }
  }
}

TEST_P(PackedConvolutions, AddBeforeTheActivation) {
  const auto& c = GetParam();
  const auto x = focus::test::tensor("packed/x", {1, c.in, 8, 10});
  for (const auto activation : {Activation::kRelu, Activation::kRelu6, Activation::kGelu}) {
    const PackedConvolution first(weight, bias, {c.stride, c.groups});
    const PackedConvolution second(weight, bias, {c.stride, c.groups, activation});
    const auto sum = 2 * plain(x);
    const auto expected = activation == Activation::kRelu    ? at::relu(sum)
                          : activation == Activation::kRelu6 ? at::clamp(sum, 0, 6)
                                                             : at::gelu(sum);
    EXPECT_TRUE(within_budget("convolution.float32",
                              relative_error(unblock(second.run(x, first.run(x)), c.out), expected)));
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, PackedConvolutions,
                         testing::Values(ConvolutionCase{3, 32, 7, 2, 1}, ConvolutionCase{16, 24, 1, 1, 1},
                                         ConvolutionCase{24, 20, 3, 1, 1}, ConvolutionCase{40, 64, 3, 2, 1},
                                         ConvolutionCase{64, 16, 1, 2, 1}, ConvolutionCase{72, 24, 5, 1, 1},
                                         ConvolutionCase{24, 24, 3, 2, 24}));

// Winograd's algorithm takes large maps, also where their channels do not fill blocks.
TEST(PackedConvolution, ChannelsThatFillNoBlockOfALargeMap) {
  for (const int64_t channels : {20, 24, 40}) {
    const auto x = focus::test::tensor("blocks/x", {1, channels, 23, 30});
    const auto narrow = focus::test::tensor("blocks/narrow", {channels, channels, 1, 1}),
               wide = focus::test::tensor("blocks/wide", {channels, channels, 3, 3}),
               bias = focus::test::tensor("blocks/bias", {channels});
    const PackedConvolution first(narrow, bias, {});
    const PackedConvolution second(wide, bias, {.activation = Activation::kRelu});
    const auto residual = first.run(x);
    const auto once = second.run(residual, residual), twice = second.run(once);
    const auto plain = focus::test::exact_convolution(x, narrow, bias, 1, 1);
    const auto plain_once = at::relu(focus::test::exact_convolution(plain, wide, bias, 1, 1) + plain);
    const auto plain_twice = at::relu(focus::test::exact_convolution(plain_once, wide, bias, 1, 1));
    EXPECT_TRUE(within_budget("convolution.float32", relative_error(unblock(once, channels), plain_once)))
        << channels;
    EXPECT_TRUE(within_budget("convolution.float32", relative_error(unblock(twice, channels), plain_twice)))
        << channels;
  }
}

TEST(PackedConvolution, RowsAreALinearLayer) {
  for (const int64_t out : {1, 4, 40, 80, 91, 256}) {
    const auto weight = focus::test::tensor("rows/weight", {out, 48}),
               bias = focus::test::tensor("rows/bias", {out});
    const PackedConvolution packed(weight.view({out, 48, 1, 1}), bias, {1, 1, Activation::kRelu});
    for (const int64_t count : {0, 1, 37}) {
      const auto x = focus::test::tensor("rows/x", {2, count, 48});
      const auto addend = focus::test::tensor("rows/addend", {2, count, out});
      const auto found = packed.run_rows(x, addend);
      ASSERT_EQ(found.sizes(), addend.sizes());
      EXPECT_TRUE(within_budget("linear.float32",
                                relative_error(found, at::relu(at::linear(x, weight, bias) + addend))))
          << out << " x " << count;
      EXPECT_TRUE(within_budget("linear.float32",
                                relative_error(packed.run_rows(x), at::relu(at::linear(x, weight, bias)))));
    }
    EXPECT_THROW(packed.run_rows(at::zeros({3, 48}), at::zeros({2, out})), focus::Error);
  }
}

TEST(PackedConvolution, ForgetsShapesNotUsedForLong) {
  const PackedConvolution packed(focus::test::tensor("w", {8, 8, 1, 1}), {}, {});
  for (int64_t width = 1; width < static_cast<int64_t>(3 * PackedConvolution::kMaxPlans); ++width) {
    packed.run(at::ones({1, 8, 1, width}));
    EXPECT_LE(packed.plans(), PackedConvolution::kMaxPlans);
  }
}

TEST(PackedConvolution, RefusesOtherChannels) {
  const PackedConvolution packed(at::ones({8, 16, 1, 1}), {}, {});
  EXPECT_THROW(packed.run(at::ones({1, 8, 4, 4})), focus::Error);
}

/// A feature map in blocks, as a convolution returns it.
at::Tensor blocked(const at::Tensor& x) {
  const int64_t channels = x.size(1);
  const PackedConvolution identity(at::eye(channels).view({channels, channels, 1, 1}), {}, {});
  return identity.run(x);
}

TEST(MaxPool, OfBlocksIsThatOfPlanes) {
  const auto x =
      focus::test::tensor("pool/x", {2, 16, 11, 14}, 1.0, -3.0);  // All negative: padding must not win.
  const auto found = max_pool(blocked(x), 3, 2, 1);
  EXPECT_TRUE(unblock(found, 16).equal(at::max_pool2d(x, {3, 3}, {2, 2}, {1, 1})));
}

TEST(GroupNorm, MeetsTheFormulaInEveryLayout) {
  for (const auto& [channels, groups] :
       {std::pair{64, 32}, std::pair{64, 8}, std::pair{96, 2}, std::pair{24, 3}}) {
    const auto x = focus::test::tensor("norm/x", {2, channels, 13, 17}, 1.0, 20.0);  // A mean far from zero.
    const auto weight = focus::test::tensor("norm/weight", {channels}),
               bias = focus::test::tensor("norm/bias", {channels});
    const auto expected =
        at::group_norm(x.to(at::kDouble), groups, weight.to(at::kDouble), bias.to(at::kDouble), 1e-5)
            .to(at::kFloat);
    for (const auto& features : {x, x.contiguous(at::MemoryFormat::ChannelsLast), blocked(x)}) {
      const auto found = group_norm_channels_last(features, groups, weight, bias, 1e-5);
      EXPECT_TRUE(found.is_contiguous(at::MemoryFormat::ChannelsLast));
      EXPECT_TRUE(within_budget("group_norm.float32", (found - expected).abs().max().item<double>()))
          << channels << " channels, " << groups << " groups";
    }
  }
}

TEST(Rows, TakenAndPutBack) {
  const auto x = focus::test::tensor("rows/x", {2, 7, 5});
  const auto indices = at::tensor({6, 0, 3, 2, 5, 1}, at::kLong).view({2, 3});
  const auto wide = indices.unsqueeze(-1).expand({2, 3, 5});
  EXPECT_TRUE(take_rows(x, indices).equal(x.gather(1, wide)));
  const auto fresh = focus::test::tensor("rows/new", {2, 3, 5});
  auto changed = x.clone();
  put_rows_(changed, indices, fresh);
  EXPECT_TRUE(changed.equal(x.scatter(1, wide, fresh)));
  EXPECT_THROW(take_rows(x, indices + 1), c10::Error);
  EXPECT_THROW(put_rows_(changed, indices, fresh.slice(1, 1)), c10::Error);
}

}  // namespace
