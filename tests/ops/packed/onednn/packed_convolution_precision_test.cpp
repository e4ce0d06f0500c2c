// Packed convolutions in fewer bits than float32.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "base/error.h"
#include "ops/exact_convolution.h"
#include "ops/packed/packed_convolution.h"
#include "ops/relative_error.h"
#include "support/deterministic.h"
#include "support/error_budget.h"

namespace {

using namespace focus::ops;
using focus::test::error_budget;
using focus::test::exact_convolution;
using focus::test::relative_error;
using focus::test::tensor;
using focus::test::within_budget;

struct Int8Case {
  int64_t in, out, kernel, stride, groups;
  bool signed_input;
};

/// Weights as whole steps of a scale an output channel, which 8 bits hold exactly.
struct SteppedWeights {
  at::Tensor values;  ///< float32

  SteppedWeights(const Int8Case& c, double most) {
    const auto random = tensor("int8/weight", {c.out, c.in / c.groups, c.kernel, c.kernel});
    auto steps = (random / random.abs().max() * most).round();
    // Each channel has the greatest step, so that its scale is that of the steps.
    steps.view({c.out, -1}).select(1, 0).fill_(most);
    values = steps * (at::arange(1, c.out + 1, at::kFloat) * 1e-3).view({-1, 1, 1, 1});
  }
};

at::Tensor plain(const Int8Case& c, const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  return exact_convolution(x, weight, bias, c.stride, c.groups);
}

class Int8Convolutions : public testing::TestWithParam<Int8Case> {
 protected:
  const Int8Case& c = GetParam();
  at::Tensor weight = SteppedWeights(c, cpu_has_vnni() || c.signed_input ? 127 : 63).values;
  at::Tensor bias = tensor("int8/bias", {c.out});
  double input_step = 0.02;

  /// Whole steps of the input's scale; the greatest 8-bit number is among them.
  at::Tensor input() const {
    const auto random = tensor("int8/x", {2, c.in, 9, 11});
    auto steps = c.signed_input ? (random / random.abs().max() * 127).round()
                                : (random.abs() / random.abs().max() * 255).round();
    steps.view(-1)[0] = c.signed_input ? 127 : 255;
    return steps * input_step;
  }
  ValueRange input_range() const {
    return c.signed_input ? ValueRange{static_cast<float>(-127 * input_step), 1.0F}
                          : ValueRange{0, static_cast<float>(255 * input_step)};
  }

  /// oneDNN halves weights for signed sources without VNNI: odd ones are off by half a step.
  std::string budget() const {
    return c.signed_input && !cpu_has_vnni() ? "convolution.int8_halved" : "convolution.int8";
  }
  /// That error, where there is one.
  double halved() const { return c.signed_input && !cpu_has_vnni() ? error_budget(budget()) : 0; }
  static double largest(const at::Tensor& x) { return x.abs().max().item<double>(); }
};

TEST_P(Int8Convolutions, AreExactWhereTheNumbersFit) {
  const auto x = input();
  const auto expected = at::relu(plain(c, x, weight, bias));
  ConvolutionOptions options{c.stride, c.groups, Activation::kRelu, Precision::kInt8, /*float_output=*/true};
  options.input = input_range();
  const PackedConvolution packed(weight, bias, options);
  const auto found = unblock(packed.run(x), c.out);
  EXPECT_TRUE(within_budget(budget(), relative_error(found, expected)));
}

TEST_P(Int8Convolutions, RoundResultsToTheirOwnSteps) {
  const auto x = input();
  for (const auto activation : {Activation::kRelu, Activation::kRelu6, Activation::kNone}) {
    const auto linear = plain(c, x, weight, bias);
    const auto expected = activation == Activation::kNone    ? linear
                          : activation == Activation::kRelu6 ? at::clamp(linear, 0, 6)
                                                             : at::relu(linear);
    ConvolutionOptions options{c.stride, c.groups, activation, Precision::kInt8};
    options.input = input_range();
    options.output = {expected.min().item<float>(), expected.max().item<float>()};
    const auto found = PackedConvolution(weight, bias, options).run(x);
    ASSERT_TRUE(found.is_quantized());
    EXPECT_EQ(found.scalar_type(), activation == Activation::kNone ? at::kQInt8 : at::kQUInt8);
    EXPECT_LT((unblock(found, c.out) - expected).abs().max().item<double>(),
              0.501 * options.output.scale() + halved() * largest(linear));
  }
}

TEST_P(Int8Convolutions, AddWhatAnEarlierOneReturned) {
  const auto x = input();
  const auto linear = plain(c, x, weight, bias);
  ConvolutionOptions first{c.stride, c.groups, Activation::kNone, Precision::kInt8};
  first.input = input_range();
  first.output = {linear.min().item<float>(), linear.max().item<float>()};
  auto second = first;
  second.activation = Activation::kRelu;
  second.output = {0, 2 * linear.max().item<float>()};
  const auto addend = PackedConvolution(weight, bias, first).run(x);
  const PackedConvolution packed(weight, bias, second);
  const double steps = first.output.scale() + second.output.scale() + 2 * halved() * largest(linear);
  const auto expected = at::relu(2 * linear);
  for (const auto& given : {addend, unblock(addend, c.out)}) {  // Bytes, and floats.
    EXPECT_LT((unblock(packed.run(x, given), c.out) - expected).abs().max().item<double>(), steps);
  }
  // The next convolution takes the bytes with the scale they have.
  const auto sum = packed.run(x, addend);
  ConvolutionOptions identity{1, 1, Activation::kNone, Precision::kInt8, /*float_output=*/true};
  identity.input = second.output;
  const PackedConvolution same(at::eye(c.out).view({c.out, c.out, 1, 1}), {}, identity);
  EXPECT_TRUE(
      within_budget("convolution.int8", relative_error(unblock(same.run(sum), c.out), unblock(sum, c.out))));
}

TEST_P(Int8Convolutions, AddFloatsExactly) {
  const auto x = input();
  const auto linear = plain(c, x, weight, bias), addend = tensor("int8/addend", linear.sizes());
  ConvolutionOptions options{c.stride, c.groups, Activation::kNone, Precision::kInt8, /*float_output=*/true};
  options.input = input_range();
  const PackedConvolution packed(weight, bias, options);
  for (const auto& given : {addend, addend.contiguous(at::MemoryFormat::ChannelsLast)}) {
    EXPECT_TRUE(
        within_budget(budget(), relative_error(unblock(packed.run(x, given), c.out) - addend, linear)));
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, Int8Convolutions,
                         testing::Values(Int8Case{16, 24, 1, 1, 1, false}, Int8Case{64, 64, 3, 1, 1, false},
                                         Int8Case{40, 64, 3, 2, 1, false}, Int8Case{64, 16, 1, 2, 1, false},
                                         Int8Case{24, 24, 3, 2, 24, false}, Int8Case{24, 32, 1, 1, 1, true},
                                         Int8Case{512, 16, 1, 1, 1, false}));

TEST(BFloat16Convolution, ChannelsNeedNotFillBlocks) {
  if (!cpu_has_bfloat16()) ::setenv("FOCUS_DETR_BF16", "emulate", 1);
  const auto rounded = [](const at::Tensor& t) { return t.to(at::kBFloat16).to(at::kFloat); };
  for (const int64_t in : {3, 17, 40}) {
    for (const int64_t out : {5, 40, 80}) {
      for (const int64_t kernel : {1, 3}) {
        const auto weight = tensor("bf16/weight", {out, in, kernel, kernel}),
                   bias = tensor("bf16/bias", {out}), x = tensor("bf16/x", {2, in, 9, 12});
        const auto expected = exact_convolution(rounded(x), rounded(weight), bias, 1, 1);
        const ConvolutionOptions options{.precision = Precision::kBFloat16, .float_output = true};
        const auto found = unblock(PackedConvolution(weight, bias, options).run(x), out);
        EXPECT_TRUE(within_budget("convolution.bfloat16", relative_error(found, expected)))
            << in << " to " << out << ", kernel " << kernel;
      }
    }
  }
  ::unsetenv("FOCUS_DETR_BF16");
}

TEST(BFloat16Convolution, RoundsFactorsAndNothingElse) {
  if (!cpu_has_bfloat16()) ::setenv("FOCUS_DETR_BF16", "emulate", 1);
  const auto weight = tensor("bf16/weight", {32, 24, 3, 3}), bias = tensor("bf16/bias", {32}),
             x = tensor("bf16/x", {1, 24, 10, 12});
  const auto rounded = [](const at::Tensor& t) { return t.to(at::kBFloat16).to(at::kFloat); };
  const auto expected = exact_convolution(rounded(x), rounded(weight), bias, 1, 1);
  ConvolutionOptions options{.precision = Precision::kBFloat16, .float_output = true};
  const auto found = unblock(PackedConvolution(weight, bias, options).run(x), 32);
  EXPECT_TRUE(within_budget("convolution.bfloat16", relative_error(found, expected)));
  const auto exact = exact_convolution(x, weight, bias, 1, 1);
  EXPECT_GT((found - exact).abs().max().item<double>(), 1e-4) << "nothing was rounded";

  const auto rows = tensor("bf16/rows", {2, 7, 24}), matrix = tensor("bf16/matrix", {16, 24}),
             addend = tensor("bf16/addend", {2, 7, 16});
  const PackedConvolution linear(matrix.view({16, 24, 1, 1}), {}, options);
  const auto expected_rows = at::matmul(rounded(rows), rounded(matrix).t()) + addend;
  EXPECT_TRUE(within_budget("linear.bfloat16", relative_error(linear.run_rows(rows, addend), expected_rows)));
  ::unsetenv("FOCUS_DETR_BF16");
}

/// The precisions this CPU computes in.
std::vector<Precision> native_precisions() {
  std::vector<Precision> result{Precision::kFloat32, Precision::kInt8};
  if (cpu_has_bfloat16()) result.push_back(Precision::kBFloat16);
  return result;
}

// What one instruction set has a kernel for another may only have in oneDNN's reference.
TEST(PackedConvolution, IsNeverLeftToOneDnnsReference) {
  for (const auto precision : native_precisions()) {
    for (const int64_t stride : {1, 2}) {
      for (const int64_t kernel : {1, 3}) {
        SCOPED_TRACE(testing::Message()
                     << name_of(precision) << ", kernel " << kernel << ", stride " << stride);
        ConvolutionOptions options{stride, 1, Activation::kRelu, precision};
        options.input = options.output = {0, 8};
        auto residual_options = options;
        residual_options.activation = Activation::kNone;
        residual_options.float_output = precision == Precision::kInt8;
        const auto weight = tensor("reference/weight", {256, 64, kernel, kernel});
        const PackedConvolution residual(tensor("reference/residual", {256, 64, 1, 1}), {}, residual_options);
        const PackedConvolution packed(weight, tensor("reference/bias", {256}), options);
        const auto x = tensor("reference/x", {1, 64, 10, 12});
        const auto addend = residual.run(x);
        packed.run(x, addend);
        EXPECT_FALSE(residual.ran_by_reference());
        EXPECT_FALSE(packed.ran_by_reference());
      }
    }
    const PackedConvolution linear(
        tensor("reference/linear", {256, 64, 1, 1}), {},
        {.activation = Activation::kRelu,
         .precision = precision == Precision::kInt8 ? Precision::kFloat32 : precision});
    linear.run_rows(tensor("reference/rows", {70, 64}), tensor("reference/added", {70, 256}));
    EXPECT_FALSE(linear.ran_by_reference()) << name_of(precision) << ", rows";
  }
}

// As behind a layer in eight bits, where calibration keeps the next in another precision.
TEST(Int8Convolution, ReturnsWhatOthersRead) {
  for (const int64_t channels : {32, 24}) {
    const auto eye = at::eye(channels).view({channels, channels, 1, 1});
    const auto x = tensor("int8/mixed", {1, channels, 24, 33});
    const ValueRange range{-1, x.max().item<float>()};
    ConvolutionOptions options{.precision = Precision::kInt8};
    options.input = options.output = range;
    const auto bytes = PackedConvolution(eye, {}, options).run(x);
    ASSERT_TRUE(bytes.is_quantized());
    for (const auto precision : {Precision::kFloat32, Precision::kBFloat16}) {
      if (precision == Precision::kBFloat16 && !cpu_has_bfloat16()) continue;
      for (const int64_t kernel : {1, 3}) {
        auto weight = tensor("int8/mixed-weight", {channels, channels, kernel, kernel});
        const PackedConvolution next(weight, {}, {.precision = precision});
        const auto expected = exact_convolution(x, weight, at::zeros({channels}), 1, 1);
        EXPECT_LT(relative_error(unblock(next.run(bytes), channels), expected), 0.02);
        EXPECT_LT(relative_error(unblock(next.run(bytes, bytes), channels), expected + x), 0.02)
            << name_of(precision) << ", kernel " << kernel << ", " << channels << " channels";
        EXPECT_FALSE(next.ran_by_reference()) << name_of(precision) << ", kernel " << kernel;
      }
    }
  }
}

// As behind a stem, whose images are too few numbers for bytes.
TEST(Int8Convolution, ReadsWhatABFloat16OneReturned) {
  if (!cpu_has_bfloat16()) GTEST_SKIP() << "skipped: no bfloat16";
  const PackedConvolution stem(at::eye(32).view({32, 32, 1, 1}), {}, {.precision = Precision::kBFloat16});
  const auto x = tensor("int8/stem", {1, 32, 9, 11}).abs();
  ConvolutionOptions options{.precision = Precision::kInt8, .float_output = true};
  options.input = {0, x.max().item<float>()};
  const PackedConvolution same(at::eye(32).view({32, 32, 1, 1}), {}, options);
  EXPECT_LT((unblock(same.run(stem.run(x)), 32) - x).abs().max().item<double>(), 0.02);
}

}  // namespace
