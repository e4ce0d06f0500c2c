#include "ops/deform_attn/ms_deform_attn.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/library.h>

#include "ops/deform_attn/ms_deform_attn_dispatch.h"

namespace focus::ops {

TORCH_LIBRARY(focus_detr, m) {
  m.def(
      "ms_deform_attn(Tensor value, Tensor spatial_shapes, Tensor level_start_index, Tensor "
      "sampling_locations, Tensor attention_weights) -> Tensor");
  m.def(
      "ms_deform_attn_backward(Tensor value, Tensor spatial_shapes, Tensor level_start_index, "
      "Tensor sampling_locations, Tensor attention_weights, Tensor grad_output) -> (Tensor, Tensor, Tensor)");
}

at::Tensor ms_deform_attn(const at::Tensor& value, const at::Tensor& spatial_shapes,
                          const at::Tensor& level_start_index, const at::Tensor& sampling_locations,
                          const at::Tensor& attention_weights) {
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("focus_detr::ms_deform_attn", "")
                             .typed<decltype(ms_deform_attn)>();
  return op.call(value, spatial_shapes, level_start_index, sampling_locations, attention_weights);
}

bool has_ms_deform_attn(c10::DeviceType device) {
  if (device == c10::DeviceType::CPU) return true;
  static const auto op = c10::Dispatcher::singleton().findSchemaOrThrow("focus_detr::ms_deform_attn", "");
  return device == c10::DeviceType::CUDA && op.hasKernelForDispatchKey(c10::DispatchKey::CUDA);
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> ms_deform_attn_backward(const at::Tensor& value,
                                                                       const at::Tensor& spatial_shapes,
                                                                       const at::Tensor& level_start_index,
                                                                       const at::Tensor& sampling_locations,
                                                                       const at::Tensor& attention_weights,
                                                                       const at::Tensor& grad_output) {
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("focus_detr::ms_deform_attn_backward", "")
                             .typed<decltype(ms_deform_attn_backward)>();
  return op.call(value, spatial_shapes, level_start_index, sampling_locations, attention_weights,
                 grad_output);
}

}  // namespace focus::ops
