// The CUDA kernels' arithmetic, run on the CPU thread by thread, against the scalar kernel in float64.
#include <gtest/gtest.h>

#include <limits>

#include "ops/cuda/emulated_calls.h"
#include "support/error_budget.h"

namespace {

using focus::ops::cuda::Bf16;
using focus::ops::cuda::Fp16;
using focus::test::CallResults;
using focus::test::CallSizes;
using focus::test::emulated_forward;
using focus::test::emulated_raw_results;
using focus::test::emulated_results;
using focus::test::exact_raw_results;
using focus::test::exact_results;
using focus::test::RandomCall;
using focus::test::relative_error;
using focus::test::ThreadOrder;
using focus::test::within_budget;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Values of sixteen bits are rounded once, when they are written.
template <typename T>
const char* const kOutputBudget = "deform_attn.float32";
template <>
const char* const kOutputBudget<double> = "deform_attn.float64";
template <>
const char* const kOutputBudget<Bf16> = "deform_attn.bfloat16";
template <>
const char* const kOutputBudget<Fp16> = "deform_attn.float16";
/// Gradients are float32 or, of doubles, float64.
template <typename T>
const char* const kGradientBudget = sizeof(T) == 8 ? "deform_attn.float64" : "deform_attn.float32";

template <typename T>
void expect_right(const RandomCall<T>& call, bool deterministic = false) {
  const CallResults found = emulated_results(call, deterministic), expected = exact_results(call);
  EXPECT_TRUE(within_budget(kOutputBudget<T>, relative_error(found.output, expected.output)));
  EXPECT_TRUE(within_budget(kGradientBudget<T>, relative_error(found.grad_value, expected.grad_value)));
  EXPECT_TRUE(
      within_budget(kGradientBudget<T>, relative_error(found.grad_locations, expected.grad_locations)));
  EXPECT_TRUE(within_budget(kGradientBudget<T>, relative_error(found.grad_weights, expected.grad_weights)));
}

const std::vector<CallSizes> kSizes{
    {},  // Four levels of four points: the kernel the compiler knows the counts of.
    {.batch = 1, .queries = 40, .heads = 8, .levels = {{13, 21}, {7, 11}, {4, 6}, {2, 3}}},
    {.batch = 3, .queries = 9, .heads = 3, .channels = 13, .points = 5, .levels = {{5, 3}}},
    {.batch = 1, .queries = 7, .heads = 1, .channels = 67, .points = 9, .levels = {{1, 9}, {9, 1}, {4, 4}}},
    {.batch = 2, .queries = 130, .heads = 2, .channels = 1, .points = 3, .levels = {{6, 7}, {3, 4}}},
    {.batch = 1, .queries = 3, .heads = 2, .channels = 264, .points = 2, .levels = {{6, 7}, {3, 4}}},
    {.batch = 1, .queries = 2, .heads = 2, .channels = 8, .points = 40, .levels = {{6, 7}, {1, 1}}},
};

template <typename T>
class CudaKernels : public testing::Test {};
using CudaTypes = testing::Types<float, double, Bf16, Fp16>;
TYPED_TEST_SUITE(CudaKernels, CudaTypes);

TYPED_TEST(CudaKernels, MeetTheScalarKernel) {
  for (const CallSizes& sizes : kSizes) {
    SCOPED_TRACE(testing::Message() << sizes.channels << " channels, " << sizes.points << " points");
    expect_right(RandomCall<TypeParam>(sizes));
  }
}

TYPED_TEST(CudaKernels, MeetTheScalarKernelForAnyChannelsAndPoints) {
  for (const int32_t channels : {1, 2, 3, 4, 7, 8, 12, 16, 20, 24, 31, 32, 33, 48, 64, 96, 128, 129, 256}) {
    for (const int32_t points : {1, 4, 7}) {
      SCOPED_TRACE(testing::Message() << channels << " channels, " << points << " points");
      expect_right(RandomCall<TypeParam>(
          {.batch = 1, .queries = 5, .heads = 2, .channels = channels, .points = points},
          static_cast<uint64_t>(channels * 10 + points)));
    }
  }
}

TYPED_TEST(CudaKernels, DeterministicSumsMeetTheScalarKernel) {
  for (const CallSizes& sizes : kSizes) {
    SCOPED_TRACE(testing::Message() << sizes.channels << " channels, " << sizes.points << " points");
    expect_right(RandomCall<TypeParam>(sizes), true);
  }
}

TYPED_TEST(CudaKernels, DeterministicSumsAreTheSameInAnyOrder) {
  const RandomCall<TypeParam> call({.batch = 2, .queries = 150, .heads = 2});
  const auto up = emulated_results(call, true, ThreadOrder::kUp),
             down = emulated_results(call, true, ThreadOrder::kDown);
  EXPECT_EQ(up.grad_value, down.grad_value);
  EXPECT_EQ(up.grad_locations, down.grad_locations);
  EXPECT_EQ(up.grad_weights, down.grad_weights);
  EXPECT_EQ(up.output, down.output);
}

TYPED_TEST(CudaKernels, WorkOnMemoryThatIsNotAligned) {
  RandomCall<TypeParam> call({.batch = 1, .queries = 5, .heads = 2});
  std::vector<TypeParam> shifted(call.value.size() + 1), output(call.upstream.size());
  std::copy(call.value.begin(), call.value.end(), shifted.begin() + 1);
  int width = 0;
  focus::ops::cuda::with_variant<TypeParam>(call.shape, {shifted.data() + 1, output.data(), nullptr}, 16,
                                            [&]<typename V>(V) { width = V::width; });
  EXPECT_EQ(width, 1);
}

TYPED_TEST(CudaKernels, RawPointsMeetTheirDefinition) {
  if constexpr (sizeof(TypeParam) != sizeof(double)) {
    for (const CallSizes& sizes : kSizes) {
      for (const bool boxes : {false, true}) {
        SCOPED_TRACE(testing::Message()
                     << sizes.channels << " channels, " << sizes.points << " points, " << boxes);
        RandomCall<TypeParam> call(sizes);
        call.keep_raw_between_pixels(boxes);
        const auto found = emulated_raw_results(call, boxes), expected = exact_raw_results(call, boxes);
        EXPECT_TRUE(within_budget(kOutputBudget<TypeParam>, relative_error(found.output, expected.output)));
        EXPECT_TRUE(
            within_budget(kGradientBudget<TypeParam>, relative_error(found.grad_value, expected.grad_value)));
        EXPECT_TRUE(
            within_budget(kGradientBudget<TypeParam>, relative_error(found.grad_raw, expected.grad_raw)));
      }
    }
  }
}

TEST(CudaKernelsEdges, LocationsFarOutsideOrNotFiniteContributeNothing) {
  const float huge = std::numeric_limits<float>::max(), infinity = std::numeric_limits<float>::infinity();
  for (const float bad : {huge, -huge, infinity, -infinity, static_cast<float>(kNaN), 1e9f, -1e9f, -2.0f}) {
    for (const size_t axis : {0u, 1u}) {
      SCOPED_TRACE(testing::Message() << bad << " on axis " << axis);
      RandomCall<float> call({.batch = 1}), without = call;
      for (size_t i = 0; i < call.weights.size(); i += 3) {
        call.locations[2 * i + axis] = without.locations[2 * i + axis] = bad;
        // Not even a weight that is not finite may leak in through a point outside.
        call.weights[i] = static_cast<float>(kNaN);
        without.weights[i] = 0;
      }
      const CallResults expected = exact_results(without);
      for (const bool deterministic : {false, true}) {
        const CallResults found = emulated_results(call, deterministic);
        EXPECT_TRUE(within_budget("deform_attn.float32", relative_error(found.output, expected.output)));
        EXPECT_TRUE(
            within_budget("deform_attn.float32", relative_error(found.grad_value, expected.grad_value)));
        EXPECT_TRUE(within_budget("deform_attn.float32",
                                  relative_error(found.grad_locations, expected.grad_locations)));
        EXPECT_TRUE(
            within_budget("deform_attn.float32", relative_error(found.grad_weights, expected.grad_weights)));
        for (size_t i = 0; i < call.weights.size(); i += 3) {
          ASSERT_EQ(found.grad_weights[i], 0);
          ASSERT_EQ(found.grad_locations[2 * i], 0);
          ASSERT_EQ(found.grad_locations[2 * i + 1], 0);
        }
      }
    }
  }
}

TEST(CudaKernelsEdges, ReadOnlyTheTokensAroundAPoint) {
  // One finite token in a sea of NaN: a corner outside or a neighbour with no share must not be read.
  RandomCall<float> call({.batch = 1, .queries = 4, .heads = 1, .points = 1, .levels = {{3, 3}}});
  std::fill(call.value.begin() + call.shape.channels, call.value.end(), static_cast<float>(kNaN));
  std::fill_n(call.value.begin(), call.shape.channels, 2.0f);
  std::fill(call.weights.begin(), call.weights.end(), 1.0f);
  // The corner of the image: one corner of four is inside, with a quarter.
  std::fill(call.locations.begin(), call.locations.end(), 0.0f);
  const CallResults found = emulated_results(call, false);
  for (const double number : found.output) ASSERT_EQ(number, 0.5);
  for (const double number : found.grad_locations) ASSERT_TRUE(std::isfinite(number));
}

TEST(CudaKernelsEdges, EveryEdgeOfTheImageTakesTheRightCorners) {
  // Points half a pixel in and out of each edge, in levels down to one pixel.
  for (const auto& level : std::vector<std::array<int32_t, 2>>{{1, 1}, {1, 5}, {5, 1}, {2, 3}}) {
    RandomCall<float> call(
        {.batch = 1, .queries = 81, .heads = 1, .channels = 8, .points = 1, .levels = {level}});
    for (size_t query = 0; query < 81; ++query) {
      const float steps[9] = {-0.9f, -0.4f, -0.1f, 0.0f, 0.3f, 0.6f, 1.0f, 1.3f, 1.7f};
      const auto x = static_cast<float>(level[1]), y = static_cast<float>(level[0]);
      call.locations[2 * query] = (steps[query % 9] + (query % 2 == 0 ? 0 : x - 1)) / x;
      call.locations[2 * query + 1] = (steps[query / 9] + (query % 3 == 0 ? 0 : y - 1)) / y;
    }
    expect_right(call);
  }
}

TEST(CudaKernelsEdges, NaNInsideTheImagePropagates) {
  RandomCall<float> call({.batch = 2, .heads = 2});
  std::fill(call.locations.begin(), call.locations.end(), 0.5f);
  call.weights[0] = static_cast<float>(kNaN);
  const auto channels = static_cast<size_t>(call.shape.channels);
  const auto output = emulated_forward(call);
  for (size_t i = 0; i < output.size(); ++i) ASSERT_EQ(std::isnan(output[i]), i < channels) << i;
  // Integers have no NaN: all of that head and image is.
  const auto grad_value = emulated_results(call, true).grad_value;
  const size_t of_image = grad_value.size() / 2;
  for (size_t i = 0; i < grad_value.size(); ++i) {
    ASSERT_EQ(std::isnan(grad_value[i]), i < of_image && i / channels % 2 == 0) << i;
  }
}

TEST(CudaKernelsEdges, EmptyCallsGiveEmptyOrZero) {
  for (const CallSizes& sizes : {CallSizes{.queries = 0}, CallSizes{.batch = 0}, CallSizes{.points = 0}}) {
    const RandomCall<float> call(sizes);
    for (const bool deterministic : {false, true}) {
      const CallResults found = emulated_results(call, deterministic);
      for (const double number : found.output) ASSERT_EQ(number, 0);
      for (const double number : found.grad_value) ASSERT_EQ(number, 0);
    }
  }
}

TEST(CudaKernelsEdges, DeterministicSumsHoldLargeAndSmallGradients) {
  for (const float scale : {1e-30f, 1e-10f, 1e10f, 1e30f}) {
    RandomCall<float> call({.batch = 1, .queries = 60});
    for (float& number : call.upstream) number *= scale;
    expect_right(call, true);
  }
}

}  // namespace
