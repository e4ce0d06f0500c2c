// Every instruction set against the scalar kernel, and the scalar kernel in float against double.
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <limits>

#include "ops/deform_attn/ms_deform_attn_cpu.h"
#include "ops/deform_attn/ms_deform_attn_inputs.h"
#include "support/error_budget.h"

namespace {

using focus::ops::Isa;
using focus::test::make_inputs;
using focus::test::MsDeformAttnCase;
using focus::test::MsDeformAttnInputs;
using focus::test::relative_error;
using focus::test::within_budget;

struct Results {
  at::Tensor output, grad_value, grad_locations, grad_weights;
  std::vector<std::pair<const char*, at::Tensor>> all() const {
    return {{"output", output},
            {"gradient of value", grad_value},
            {"gradient of sampling_locations", grad_locations},
            {"gradient of attention_weights", grad_weights}};
  }
};

Results run_on(const MsDeformAttnInputs& in, Isa isa) {
  Results r;
  r.output = focus::ops::ms_deform_attn_cpu(in.value, in.spatial_shapes, in.level_start_index,
                                            in.sampling_locations, in.attention_weights, isa);
  std::tie(r.grad_value, r.grad_locations, r.grad_weights) = focus::ops::ms_deform_attn_backward_cpu(
      in.value, in.spatial_shapes, in.level_start_index, in.sampling_locations, in.attention_weights,
      in.grad_output, isa);
  return r;
}

void expect_close(const Results& found, const Results& expected, const std::string& budget) {
  const auto a = found.all();
  const auto b = expected.all();
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_TRUE(within_budget(budget, relative_error(a[i].second, b[i].second))) << a[i].first;
  }
}

class PerIsa : public testing::TestWithParam<Isa> {};

TEST_P(PerIsa, MeetsTheScalarKernelForAnyChannelsAndPoints) {
  for (const int64_t channels : {1, 3, 7, 8, 12, 16, 17, 24, 31, 32, 40, 48, 64, 67, 100, 128}) {
    for (const int64_t points : {1, 2, 4, 7}) {
      SCOPED_TRACE(testing::Message() << channels << " channels, " << points << " points");
      MsDeformAttnCase c{.batch = 2, .queries = 11, .heads = 3, .channels = channels, .points = points};
      c.levels = {{8, 9}, {5, 3}, {2, 2}, {1, 4}, {1, 1}};
      const auto in = make_inputs(c);
      expect_close(run_on(in, GetParam()), run_on(in, Isa::kScalar), "deform_attn.float32");
    }
  }
}

TEST_P(PerIsa, MeetsDouble) {
  MsDeformAttnCase c{.batch = 1, .queries = 300, .heads = 8, .channels = 32, .points = 4};
  c.levels = {{25, 42}, {13, 21}, {7, 11}, {4, 6}};
  const auto in = make_inputs(c);
  auto exact = in;
  exact.value = in.value.to(at::kDouble);
  exact.sampling_locations = in.sampling_locations.to(at::kDouble);
  exact.attention_weights = in.attention_weights.to(at::kDouble);
  exact.grad_output = in.grad_output.to(at::kDouble);
  expect_close(run_on(in, GetParam()), run_on(exact, Isa::kScalar), "deform_attn.rounding");
}

TEST_P(PerIsa, LocationsFarOutsideOrNotFiniteContributeNothing) {
  const float huge = std::numeric_limits<float>::max();
  const float infinity = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const float bad : {huge, -huge, infinity, -infinity, nan, 1e9f, -1e9f, 3e38f, -2.0f}) {
    for (const int64_t axis : {0, 1}) {
      SCOPED_TRACE(testing::Message() << bad << " on axis " << axis);
      auto in = make_inputs({.channels = 32});
      auto without = in;
      in.sampling_locations = in.sampling_locations.clone();
      in.sampling_locations.select(-1, axis).select(-1, 1).fill_(bad);
      // Not even a weight that is not finite may leak in through a point outside.
      in.attention_weights = in.attention_weights.clone();
      in.attention_weights.select(-1, 1).fill_(nan);
      without.attention_weights = without.attention_weights.clone();
      without.attention_weights.select(-1, 1).fill_(0);
      const auto found = run_on(in, GetParam());
      const auto expected = run_on(without, GetParam());
      EXPECT_TRUE(within_budget("deform_attn.outside", relative_error(found.output, expected.output)));
      EXPECT_TRUE(
          within_budget("deform_attn.outside", relative_error(found.grad_value, expected.grad_value)));
      EXPECT_EQ(found.grad_locations.select(-2, 1).abs().max().item<float>(), 0);
      EXPECT_EQ(found.grad_weights.select(-1, 1).abs().max().item<float>(), 0);
    }
  }
}

TEST_P(PerIsa, ReadsOnlyTheTokensAroundAPoint) {
  // One finite token in a sea of NaN: a corner outside or a neighbour with no share must not be read.
  MsDeformAttnCase c{.batch = 1, .queries = 4, .heads = 1, .channels = 20, .points = 1, .levels = {{3, 3}}};
  auto in = make_inputs(c);
  in.value.fill_(std::numeric_limits<float>::quiet_NaN());
  in.value[0][0].fill_(2);
  in.attention_weights.fill_(1);
  in.sampling_locations.fill_(
      0.0f);  // The corner of the image: one corner of four is inside, with a quarter.
  const auto found = run_on(in, GetParam());
  EXPECT_TRUE(at::equal(found.output, at::full_like(found.output, 0.5)));
  EXPECT_FALSE(at::isnan(found.grad_locations).any().item<bool>());
}

TEST_P(PerIsa, NaNInsideTheImagePropagates) {
  auto in = make_inputs({.channels = 32});
  in.sampling_locations.fill_(0.5);
  in.attention_weights[0][0][0][0][0] = std::numeric_limits<float>::quiet_NaN();
  const auto found = run_on(in, GetParam()).output;
  EXPECT_TRUE(at::isnan(found[0][0].slice(0, 0, 32)).all().item<bool>());
  EXPECT_FALSE(at::isnan(found[0][0].slice(0, 32)).any().item<bool>());
}

TEST_P(PerIsa, ResultsDoNotDependOnThreads) {
  MsDeformAttnCase c{.batch = 2, .queries = 200, .heads = 4, .channels = 32, .points = 4};
  const auto in = make_inputs(c);
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const auto alone = run_on(in, GetParam()).all();
  at::set_num_threads(4);
  const auto together = run_on(in, GetParam()).all();
  at::set_num_threads(threads);
  for (size_t i = 0; i < alone.size(); ++i) EXPECT_TRUE(at::equal(alone[i].second, together[i].second));
}

INSTANTIATE_TEST_SUITE_P(Isas, PerIsa, testing::ValuesIn(focus::ops::supported_isas()),
                         [](const auto& info) { return std::string(focus::ops::name_of(info.param)); });

}  // namespace
