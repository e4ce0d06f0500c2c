#include "ops/deform_attn/ms_deform_attn_raw.h"

#include <ATen/Context.h>
#include <torch/csrc/autograd/custom_function.h>

#include "ops/deform_attn/ms_deform_attn_check.h"
#include "ops/deform_attn/ms_deform_attn_raw_cpu.h"
#include "ops/recorded.h"
#ifdef FOCUS_DETR_CUDA
#include "ops/deform_attn/cuda/ms_deform_attn_cuda.h"
#endif

namespace focus::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

class MsDeformAttnRaw : public torch::autograd::Function<MsDeformAttnRaw> {
 public:
  static Variable forward(AutogradContext* context, const Variable& value, const Variable& spatial_shapes,
                          const Variable& level_start_index, const Variable& raw,
                          const Variable& reference_points) {
    const auto sizes =
        check_ms_deform_attn_raw(value, spatial_shapes, level_start_index, raw, reference_points);
    context->save_for_backward({value, spatial_shapes, level_start_index, raw, reference_points});
#ifdef FOCUS_DETR_CUDA
    if (value.is_cuda()) return ms_deform_attn_raw_cuda(sizes, value, raw, reference_points);
#endif
    return ms_deform_attn_raw_cpu(sizes, value, raw, reference_points);
  }

  static variable_list backward(AutogradContext* context, const variable_list& grad_output) {
    TORCH_CHECK(!at::GradMode::is_enabled(),
                "ms_deform_attn_raw: differentiable only once; its gradient has no derivative");
    const auto saved = context->get_saved_variables();
    const auto &value = saved[0], &raw = saved[3], &reference_points = saved[4];
    const auto sizes = check_ms_deform_attn_raw(value, saved[1], saved[2], raw, reference_points);
    const auto& grad = grad_output[0];
    check_like(grad, "grad_output", {sizes.batch, sizes.queries, sizes.heads * sizes.channels}, value);
    const auto [grad_value, grad_raw] = [&] {
#ifdef FOCUS_DETR_CUDA
      if (value.is_cuda()) return ms_deform_attn_raw_backward_cuda(sizes, value, raw, reference_points, grad);
#endif
      return ms_deform_attn_raw_backward_cpu(sizes, value, saved[1], saved[2], raw, reference_points, grad);
    }();
    return {grad_value, Variable(), Variable(), grad_raw, Variable()};
  }
};

}  // namespace

bool has_ms_deform_attn_raw(const at::Tensor& value) {
  const auto type = value.scalar_type();
#ifdef FOCUS_DETR_CUDA
  if (value.is_cuda()) {
    return (type == at::kFloat || type == at::kHalf || type == at::kBFloat16) &&
           !at::globalContext().deterministicAlgorithms();
  }
#endif
  return value.is_cpu() && type == at::kFloat && has_ms_deform_attn_raw_cpu();
}

at::Tensor ms_deform_attn_raw(const at::Tensor& value, const at::Tensor& spatial_shapes,
                              const at::Tensor& level_start_index, const at::Tensor& raw,
                              const at::Tensor& reference_points) {
  TORCH_CHECK(has_ms_deform_attn_raw(value), "ms_deform_attn_raw: no kernel for ", value.scalar_type(),
              " on ", value.device());
  TORCH_CHECK(!(at::GradMode::is_enabled() && reference_points.requires_grad()),
              "ms_deform_attn_raw: reference_points must not require a gradient");
  return recorded("focus_detr::ms_deform_attn_raw", {value, raw, reference_points}, [&] {
    return MsDeformAttnRaw::apply(value, spatial_shapes, level_start_index, raw, reference_points);
  });
}

}  // namespace focus::ops
