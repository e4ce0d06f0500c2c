// The derivative of multi-scale deformable attention.
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "ops/deform_attn/ms_deform_attn.h"
#include "ops/deform_attn/ms_deform_attn_dispatch.h"

namespace focus::ops {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

class MsDeformAttn : public torch::autograd::Function<MsDeformAttn> {
 public:
  static Variable forward(AutogradContext* context, const Variable& value, const Variable& spatial_shapes,
                          const Variable& level_start_index, const Variable& sampling_locations,
                          const Variable& attention_weights) {
    context->save_for_backward(
        {value, spatial_shapes, level_start_index, sampling_locations, attention_weights});
    const at::AutoDispatchBelowADInplaceOrView below;
    return ms_deform_attn(value, spatial_shapes, level_start_index, sampling_locations, attention_weights);
  }

  static variable_list backward(AutogradContext* context, const variable_list& grad_output) {
    const auto saved = context->get_saved_variables();
    const auto [value, locations, weights] =
        ms_deform_attn_backward(saved[0], saved[1], saved[2], saved[3], saved[4], grad_output[0]);
    return {value, Variable(), Variable(), locations, weights};
  }
};

/// The gradient has no derivative of its own: asking for it must fail instead of silently giving zero.
class MsDeformAttnBackward : public torch::autograd::Function<MsDeformAttnBackward> {
 public:
  static variable_list forward(AutogradContext*, const Variable& value, const Variable& spatial_shapes,
                               const Variable& level_start_index, const Variable& sampling_locations,
                               const Variable& attention_weights, const Variable& grad_output) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const auto [grad_value, grad_locations, grad_weights] = ms_deform_attn_backward(
        value, spatial_shapes, level_start_index, sampling_locations, attention_weights, grad_output);
    return {grad_value, grad_locations, grad_weights};
  }

  static variable_list backward(AutogradContext*, const variable_list&) {
    TORCH_CHECK(false, "ms_deform_attn: differentiable only once; its gradient has no derivative");
  }
};

at::Tensor forward_autograd(const at::Tensor& value, const at::Tensor& spatial_shapes,
                            const at::Tensor& level_start_index, const at::Tensor& sampling_locations,
                            const at::Tensor& attention_weights) {
  return MsDeformAttn::apply(value, spatial_shapes, level_start_index, sampling_locations, attention_weights);
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> backward_autograd(const at::Tensor& value,
                                                                 const at::Tensor& spatial_shapes,
                                                                 const at::Tensor& level_start_index,
                                                                 const at::Tensor& sampling_locations,
                                                                 const at::Tensor& attention_weights,
                                                                 const at::Tensor& grad_output) {
  const auto grads = MsDeformAttnBackward::apply(value, spatial_shapes, level_start_index, sampling_locations,
                                                 attention_weights, grad_output);
  return {grads[0], grads[1], grads[2]};
}

}  // namespace

TORCH_LIBRARY_IMPL(focus_detr, Autograd, m) {
  m.impl("ms_deform_attn", forward_autograd);
  m.impl("ms_deform_attn_backward", backward_autograd);
}

namespace {

/// Under autocast, tensors of sixteen bits are widened to float32, since the kernels take one type for all.
template <c10::DispatchKey kKey>
at::Tensor forward_autocast(const at::Tensor& value, const at::Tensor& spatial_shapes,
                            const at::Tensor& level_start_index, const at::Tensor& sampling_locations,
                            const at::Tensor& attention_weights) {
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(kKey);
  const auto wide = [](const at::Tensor& x) {
    return x.scalar_type() == at::kBFloat16 || x.scalar_type() == at::kHalf ? x.to(at::kFloat) : x;
  };
  return ms_deform_attn(wide(value), spatial_shapes, level_start_index, wide(sampling_locations),
                        wide(attention_weights));
}

}  // namespace

TORCH_LIBRARY_IMPL(focus_detr, AutocastCPU, m) {
  m.impl("ms_deform_attn", forward_autocast<c10::DispatchKey::AutocastCPU>);
}

TORCH_LIBRARY_IMPL(focus_detr, Autocast, m) {
  m.impl("ms_deform_attn", forward_autocast<c10::DispatchKey::Autocast>);
}

}  // namespace focus::ops
