#pragma once

#include <ATen/ATen.h>

namespace focus::ops {

/// Whether ms_deform_attn_raw has a kernel for this CPU.
bool has_ms_deform_attn_raw();

/// Multi-scale deformable attention for inference, from what the layer's linear puts out: where the points
/// lie and what they weigh is worked out on the way and never in memory as a whole. Float32; on the CPU only
/// if has_ms_deform_attn_raw, on a GPU where the build has CUDA, there also with values of sixteen bits.
/// @param value             (B, S, H, D)
/// @param spatial_shapes, level_start_index  as ms_deform_attn's
/// @param raw               (B, Q, H L P 3): offsets (H, L, P, 2), then logits of the weights (H, L, P)
/// @param reference_points  (B, Q, L, 2) points or (B, Q, L, 4) boxes, 0..1
/// @return (B, Q, H D)
/// Throws c10::Error naming the argument whose shape does not fit.
at::Tensor ms_deform_attn_raw(const at::Tensor& value, const at::Tensor& spatial_shapes,
                              const at::Tensor& level_start_index, const at::Tensor& raw,
                              const at::Tensor& reference_points);

}  // namespace focus::ops
