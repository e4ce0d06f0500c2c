#pragma once

#include <ATen/ATen.h>

namespace focus::ops {

/// Whether ms_deform_attn_raw has a kernel for values like these. It has none where a GPU must give the same
/// gradients in every run: use ms_deform_attn there.
bool has_ms_deform_attn_raw(const at::Tensor& value);

/// Multi-scale deformable attention from the raw output of the layer's linear projection: locations and
/// weights are computed on the way. Call only if has_ms_deform_attn_raw; float32, on a GPU also values of
/// sixteen bits.
/// @param value             (B, S, H, D)
/// @param spatial_shapes, level_start_index  as for ms_deform_attn
/// @param raw               (B, Q, H L P 3): offsets (H, L, P, 2), then logits of the weights (H, L, P)
/// @param reference_points  (B, Q, L, 2) points or (B, Q, L, 4) boxes, 0..1; constant: must not require a
///                          gradient
/// @return (B, Q, H D)
/// Differentiable once, in value and raw; the backward pass places the points again instead of keeping them.
/// Throws c10::Error naming the argument whose shape does not fit.
at::Tensor ms_deform_attn_raw(const at::Tensor& value, const at::Tensor& spatial_shapes,
                              const at::Tensor& level_start_index, const at::Tensor& raw,
                              const at::Tensor& reference_points);

}  // namespace focus::ops
