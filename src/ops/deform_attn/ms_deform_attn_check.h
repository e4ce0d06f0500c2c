// The sizes of a call of multi-scale deformable attention, checked to fit together.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

namespace focus::ops {

struct MsDeformAttnSizes {
  int64_t batch, tokens, heads, channels, queries, levels, points;  ///< points: per level.
  std::vector<int32_t> level_height, level_width, level_start;      ///< (levels)
};

/// Sizes of the arguments of ms_deform_attn (shapes in its header).
/// Throws c10::Error naming the argument, what was found and what was expected.
MsDeformAttnSizes check_ms_deform_attn(const at::Tensor& value, const at::Tensor& spatial_shapes,
                                       const at::Tensor& level_start_index,
                                       const at::Tensor& sampling_locations,
                                       const at::Tensor& attention_weights);

/// The sizes that follow from value and its levels alone, with the same checks; queries and points are 0.
MsDeformAttnSizes check_ms_deform_attn_levels(const at::Tensor& value, const at::Tensor& spatial_shapes,
                                              const at::Tensor& level_start_index);

/// Sizes of the arguments of ms_deform_attn_raw (shapes in its header); errors as above.
MsDeformAttnSizes check_ms_deform_attn_raw(const at::Tensor& value, const at::Tensor& spatial_shapes,
                                           const at::Tensor& level_start_index, const at::Tensor& raw,
                                           const at::Tensor& reference_points);

/// One entry per level, repeated for each of its points and padded as far as kernels read
/// (kernel::kPointPadding).
std::vector<int32_t> level_table_by_point(const std::vector<int32_t>& by_level, int64_t points);

/// Throws c10::Error unless the tensor has this shape, and the type and device of value.
void check_like(const at::Tensor& tensor, const char* name, at::IntArrayRef shape, const at::Tensor& value);

/// The same for coordinates and weights, which are Float where value has sixteen bits.
void check_beside(const at::Tensor& tensor, const char* name, at::IntArrayRef shape, const at::Tensor& value);

}  // namespace focus::ops
