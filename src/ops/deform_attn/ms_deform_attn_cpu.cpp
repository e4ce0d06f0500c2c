#include "ops/deform_attn/ms_deform_attn_cpu.h"

#include <ATen/Parallel.h>
#include <torch/library.h>

#include "ops/cpu/kernel_table.h"
#include "ops/deform_attn/ms_deform_attn_check.h"

namespace focus::ops {
namespace {

/// Least number of rows per task: about the work that pays for starting a thread.
constexpr int64_t kRowGrain = 16;

/// The arguments, copied where they are not contiguous, and the kernels' view of them.
template <typename T>
class Arguments {
 public:
  Arguments(const MsDeformAttnSizes& sizes, const at::Tensor& value, const at::Tensor& sampling_locations,
            const at::Tensor& attention_weights)
      : value_(value.contiguous()),
        locations_(sampling_locations.contiguous()),
        weights_(attention_weights.contiguous()),
        level_height_(level_table_by_point(sizes.level_height, sizes.points)),
        level_width_(level_table_by_point(sizes.level_width, sizes.points)),
        level_start_(level_table_by_point(sizes.level_start, sizes.points)),
        view_{.tokens = sizes.tokens,
              .heads = sizes.heads,
              .channels = sizes.channels,
              .queries = sizes.queries,
              .points = sizes.levels * sizes.points,
              .level_height = level_height_.data(),
              .level_width = level_width_.data(),
              .level_start = level_start_.data(),
              .value = value_.template data_ptr<T>(),
              .locations = locations_.template data_ptr<T>(),
              .weights = weights_.template data_ptr<T>()} {}
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;

  const kernel::Sampling<T>& view() const { return view_; }

 private:
  at::Tensor value_, locations_, weights_;
  std::vector<int32_t> level_height_, level_width_, level_start_;
  kernel::Sampling<T> view_;
};

at::Tensor forward_active(const at::Tensor& value, const at::Tensor& spatial_shapes,
                          const at::Tensor& level_start_index, const at::Tensor& sampling_locations,
                          const at::Tensor& attention_weights) {
  return ms_deform_attn_cpu(value, spatial_shapes, level_start_index, sampling_locations, attention_weights,
                            active_isa());
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> backward_active(const at::Tensor& value,
                                                               const at::Tensor& spatial_shapes,
                                                               const at::Tensor& level_start_index,
                                                               const at::Tensor& sampling_locations,
                                                               const at::Tensor& attention_weights,
                                                               const at::Tensor& grad_output) {
  return ms_deform_attn_backward_cpu(value, spatial_shapes, level_start_index, sampling_locations,
                                     attention_weights, grad_output, active_isa());
}

}  // namespace

at::Tensor ms_deform_attn_cpu(const at::Tensor& value, const at::Tensor& spatial_shapes,
                              const at::Tensor& level_start_index, const at::Tensor& sampling_locations,
                              const at::Tensor& attention_weights, Isa isa) {
  const auto sizes =
      check_ms_deform_attn(value, spatial_shapes, level_start_index, sampling_locations, attention_weights);
  auto output = at::empty({sizes.batch, sizes.queries, sizes.heads * sizes.channels}, value.options());
  if (output.numel() == 0) return output;
  const int64_t rows = sizes.batch * sizes.queries;
  const auto run = [&](const auto& arguments, auto* data, auto forward) {
    at::parallel_for(0, rows, kRowGrain,
                     [&](int64_t begin, int64_t end) { forward(arguments.view(), data, begin, end); });
  };
  if (value.scalar_type() == at::kDouble) {
    run(Arguments<double>(sizes, value, sampling_locations, attention_weights), output.data_ptr<double>(),
        kernel::sample_scalar<double>);
  } else {
    run(Arguments<float>(sizes, value, sampling_locations, attention_weights), output.data_ptr<float>(),
        kernels_of(isa).sample);
  }
  return output;
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> ms_deform_attn_backward_cpu(
    const at::Tensor& value, const at::Tensor& spatial_shapes, const at::Tensor& level_start_index,
    const at::Tensor& sampling_locations, const at::Tensor& attention_weights, const at::Tensor& grad_output,
    Isa isa) {
  const auto sizes =
      check_ms_deform_attn(value, spatial_shapes, level_start_index, sampling_locations, attention_weights);
  check_like(grad_output, "grad_output", {sizes.batch, sizes.queries, sizes.heads * sizes.channels}, value);
  const auto upstream = grad_output.contiguous();
  auto grad_value = at::zeros(value.sizes(), value.options());
  auto grad_locations = at::empty(sampling_locations.sizes(), value.options());
  auto grad_weights = at::empty(attention_weights.sizes(), value.options());
  if (grad_weights.numel() == 0) return {grad_value, grad_locations, grad_weights};
  const auto run = [&]<typename T>(const Arguments<T>& arguments, auto backward) {
    const kernel::Gradients<T> gradients{upstream.data_ptr<T>(), grad_value.data_ptr<T>(),
                                         grad_locations.data_ptr<T>(), grad_weights.data_ptr<T>()};
    at::parallel_for(0, sizes.batch * sizes.heads, 1,
                     [&](int64_t begin, int64_t end) { backward(arguments.view(), gradients, begin, end); });
  };
  if (value.scalar_type() == at::kDouble) {
    run(Arguments<double>(sizes, value, sampling_locations, attention_weights),
        kernel::sample_gradient_scalar<double>);
  } else {
    run(Arguments<float>(sizes, value, sampling_locations, attention_weights),
        kernels_of(isa).sample_gradient);
  }
  return {grad_value, grad_locations, grad_weights};
}

TORCH_LIBRARY_IMPL(focus_detr, CPU, m) {
  m.impl("ms_deform_attn", forward_active);
  m.impl("ms_deform_attn_backward", backward_active);
}

}  // namespace focus::ops
