// Multi-scale deformable attention (Deformable DETR, equation 3) as an op of LibTorch's dispatcher.
#pragma once

#include <ATen/ATen.h>

namespace focus::ops {

/// Samples every level of a feature pyramid around each query and sums by attention weight; the op
/// focus_detr::ms_deform_attn. Bilinear, as at::grid_sampler with zeros outside and align_corners = false: a
/// location (x, y) of a level of size (h, w) is the pixel position (x * w - 0.5, y * h - 0.5). Locations that
/// are not finite contribute nothing, like those outside the image.
///
///   value               (B, S, H, D) float32 or float64: tokens of all levels, level after level, row-major.
///   spatial_shapes      (L, 2) int64: height and width of each level; their areas sum to S.
///   level_start_index   (L) int64: first token of each level.
///   sampling_locations  (B, Q, H, L, P, 2): x, y in 0..1 of the level.
///   attention_weights   (B, Q, H, L, P).
///   returns             (B, Q, H * D).
///
/// Differentiable once, in value, sampling_locations and attention_weights; on the CPU results and gradients
/// do not depend on the number of threads. Fastest if consecutive queries sample near each other (token
/// order). On a GPU, if the build has CUDA (docs/gpu.md): value may be float16 or bfloat16, with float32
/// locations and weights; at most 16 levels; gradients of value are the same in every run only with
/// at::globalContext().setDeterministicAlgorithms. spatial_shapes and level_start_index are always on the
/// CPU. Throws c10::Error, naming the argument, for shapes and types that do not fit; UsageError for a bad
/// $FOCUS_DETR_ISA (ops/cpu/isa.h).
at::Tensor ms_deform_attn(const at::Tensor& value, const at::Tensor& spatial_shapes,
                          const at::Tensor& level_start_index, const at::Tensor& sampling_locations,
                          const at::Tensor& attention_weights);

/// Whether there is a kernel for this type of device.
bool has_ms_deform_attn(c10::DeviceType device);

/// The same with at::grid_sampler, level by level: any device, differentiable by autograd, slow and
/// memory-hungry. The baseline for tests and measurements.
at::Tensor ms_deform_attn_by_grid_sampler(const at::Tensor& value, const at::Tensor& spatial_shapes,
                                          const at::Tensor& sampling_locations,
                                          const at::Tensor& attention_weights);

}  // namespace focus::ops
