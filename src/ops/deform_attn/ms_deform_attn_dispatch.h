// The gradient op as the dispatcher sees it; callers differentiate ms_deform_attn and need not call it.
#pragma once

#include <ATen/ATen.h>

#include <tuple>

namespace focus::ops {

/// focus_detr::ms_deform_attn_backward: gradients of value, sampling_locations and attention_weights, given
/// that of the output (B, Q, H * D). Shapes and errors as ms_deform_attn.
std::tuple<at::Tensor, at::Tensor, at::Tensor> ms_deform_attn_backward(
    const at::Tensor& value, const at::Tensor& spatial_shapes, const at::Tensor& level_start_index,
    const at::Tensor& sampling_locations, const at::Tensor& attention_weights, const at::Tensor& grad_output);

}  // namespace focus::ops
