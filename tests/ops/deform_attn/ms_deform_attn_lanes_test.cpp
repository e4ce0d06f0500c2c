// The vector kernels' own source at 4, 8 and 16 lanes, compiled for the instruction set every CPU has: what
// the wider kernels compute is tested even where the CPU cannot run them.
#include <gtest/gtest.h>

#include "ops/deform_attn/ms_deform_attn_cpu.h"
#include "ops/deform_attn/ms_deform_attn_inputs.h"
#include "ops/deform_attn/ms_deform_attn_vector.h"
#include "support/error_budget.h"

namespace {

using namespace focus::ops;
using focus::test::relative_error;
using focus::test::within_budget;

template <int W>
void expect_lanes_meet_scalar(int64_t channels, int64_t points) {
  SCOPED_TRACE(testing::Message() << W << " lanes, " << channels << " channels, " << points << " points");
  focus::test::MsDeformAttnCase c;
  c.queries = 9;
  c.heads = 3;
  c.channels = channels;
  c.points = points;
  const auto in = focus::test::make_inputs(c);
  const auto levels = static_cast<int64_t>(c.levels.size());
  std::vector<int32_t> height, width, start;
  for (int64_t l = 0; l < levels; ++l) {
    for (int64_t p = 0; p < points; ++p) {
      height.push_back(in.spatial_shapes[l][0].item<int32_t>());
      width.push_back(in.spatial_shapes[l][1].item<int32_t>());
      start.push_back(in.level_start_index[l].item<int32_t>());
    }
  }
  for (auto* table : {&height, &width, &start}) table->resize(table->size() + kernel::kPointPadding);
  const kernel::Sampling<float> sampling{in.value.size(1),
                                         c.heads,
                                         channels,
                                         c.queries,
                                         levels * points,
                                         height.data(),
                                         width.data(),
                                         start.data(),
                                         in.value.data_ptr<float>(),
                                         in.sampling_locations.data_ptr<float>(),
                                         in.attention_weights.data_ptr<float>()};
  // In two parts, as threads split the work; the first ends inside a batch element.
  const auto output = at::full_like(in.grad_output, 7);
  const int64_t rows = c.batch * c.queries;
  kernel::sample_points<W>(sampling, output.data_ptr<float>(), 0, rows / 2 - 2);
  kernel::sample_points<W>(sampling, output.data_ptr<float>(), rows / 2 - 2, rows);
  const auto expected = ms_deform_attn_cpu(in.value, in.spatial_shapes, in.level_start_index,
                                           in.sampling_locations, in.attention_weights, Isa::kScalar);
  EXPECT_TRUE(within_budget("deform_attn.float32", relative_error(output, expected)));

  const auto value = at::zeros_like(in.value);
  const auto locations = at::full_like(in.sampling_locations, 7);
  const auto weights = at::full_like(in.attention_weights, 7);
  const kernel::Gradients<float> gradients{in.grad_output.data_ptr<float>(), value.data_ptr<float>(),
                                           locations.data_ptr<float>(), weights.data_ptr<float>()};
  kernel::sample_points_gradient<W>(sampling, gradients, 0, 2);
  kernel::sample_points_gradient<W>(sampling, gradients, 2, c.batch * c.heads);
  const auto [grad_value, grad_locations, grad_weights] =
      ms_deform_attn_backward_cpu(in.value, in.spatial_shapes, in.level_start_index, in.sampling_locations,
                                  in.attention_weights, in.grad_output, Isa::kScalar);
  EXPECT_TRUE(within_budget("deform_attn.float32", relative_error(value, grad_value)));
  EXPECT_TRUE(within_budget("deform_attn.float32", relative_error(locations, grad_locations)));
  EXPECT_TRUE(within_budget("deform_attn.float32", relative_error(weights, grad_weights)));
}

TEST(MsDeformAttnLanes, MeetTheScalarKernel) {
  for (const int64_t channels : {1, 5, 8, 16, 24, 32, 50, 64, 112}) {
    for (const int64_t points : {1, 3, 4, 9}) {
      expect_lanes_meet_scalar<4>(channels, points);
      expect_lanes_meet_scalar<8>(channels, points);
      expect_lanes_meet_scalar<16>(channels, points);
    }
  }
}

}  // namespace
