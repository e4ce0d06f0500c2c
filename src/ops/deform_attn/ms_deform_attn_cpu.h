// The CPU kernels of multi-scale deformable attention with an explicit instruction set, for tests and
// benchmarks.
#pragma once

#include <ATen/ATen.h>

#include <tuple>

#include "ops/cpu/isa.h"

namespace focus::ops {

/// ms_deform_attn without autograd. Double always runs the scalar kernel.
at::Tensor ms_deform_attn_cpu(const at::Tensor& value, const at::Tensor& spatial_shapes,
                              const at::Tensor& level_start_index, const at::Tensor& sampling_locations,
                              const at::Tensor& attention_weights, Isa isa);

/// Gradients of value, sampling_locations and attention_weights, given that of the output (B, Q, H * D).
std::tuple<at::Tensor, at::Tensor, at::Tensor> ms_deform_attn_backward_cpu(
    const at::Tensor& value, const at::Tensor& spatial_shapes, const at::Tensor& level_start_index,
    const at::Tensor& sampling_locations, const at::Tensor& attention_weights, const at::Tensor& grad_output,
    Isa isa);

}  // namespace focus::ops
