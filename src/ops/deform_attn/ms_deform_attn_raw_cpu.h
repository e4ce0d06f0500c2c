// ms_deform_attn_raw on the CPU; shapes in its header, all of them checked.
#pragma once

#include <ATen/ATen.h>

#include <utility>

#include "ops/deform_attn/ms_deform_attn_check.h"

namespace focus::ops {

/// Whether there is a kernel for this CPU, which needs vector instructions.
bool has_ms_deform_attn_raw_cpu();

at::Tensor ms_deform_attn_raw_cpu(const MsDeformAttnSizes& sizes, const at::Tensor& value,
                                  const at::Tensor& raw, const at::Tensor& reference_points);

/// Gradients of value and raw, given that of the output.
std::pair<at::Tensor, at::Tensor> ms_deform_attn_raw_backward_cpu(
    const MsDeformAttnSizes& sizes, const at::Tensor& value, const at::Tensor& spatial_shapes,
    const at::Tensor& level_start_index, const at::Tensor& raw, const at::Tensor& reference_points,
    const at::Tensor& grad_output);

}  // namespace focus::ops
