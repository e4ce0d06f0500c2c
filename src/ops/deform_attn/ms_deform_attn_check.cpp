#include "ops/deform_attn/ms_deform_attn_check.h"

#include <limits>

#include "ops/deform_attn/ms_deform_attn_kernel.h"

namespace focus::ops {

namespace {

void check_index(const at::Tensor& tensor, const char* name, int64_t dims) {
  TORCH_CHECK(tensor.defined() && tensor.scalar_type() == at::kLong && tensor.device().is_cpu() &&
                  tensor.dim() == dims,
              "ms_deform_attn: ", name, " must be ", dims == 2 ? "(L, 2)" : "(L)",
              " int64 on the CPU, found ", tensor.toString(), " ", tensor.sizes());
}

bool has_sixteen_bits(const at::Tensor& value) {
  return value.scalar_type() == at::kHalf || value.scalar_type() == at::kBFloat16;
}

void check_typed(const at::Tensor& tensor, const char* name, at::IntArrayRef shape, const at::Tensor& value,
                 at::ScalarType type) {
  TORCH_CHECK(tensor.sizes() == shape, "ms_deform_attn: ", name, " must have shape ", shape, ", found ",
              tensor.sizes());
  TORCH_CHECK(tensor.scalar_type() == type, "ms_deform_attn: ", name, " must be ", type,
              type == value.scalar_type() ? " as value is" : " where value has sixteen bits", ", found ",
              tensor.scalar_type());
  TORCH_CHECK(tensor.device() == value.device(), "ms_deform_attn: ", name, " must be on ", value.device(),
              " as value is, found on ", tensor.device());
}

}  // namespace

void check_like(const at::Tensor& tensor, const char* name, at::IntArrayRef shape, const at::Tensor& value) {
  check_typed(tensor, name, shape, value, value.scalar_type());
}

void check_beside(const at::Tensor& tensor, const char* name, at::IntArrayRef shape,
                  const at::Tensor& value) {
  check_typed(tensor, name, shape, value, has_sixteen_bits(value) ? at::kFloat : value.scalar_type());
}

MsDeformAttnSizes check_ms_deform_attn_levels(const at::Tensor& value, const at::Tensor& spatial_shapes,
                                              const at::Tensor& level_start_index) {
  TORCH_CHECK(value.dim() == 4, "ms_deform_attn: value must be (B, S, H, D), found shape ", value.sizes());
  // The types that the kernels of each device support.
  TORCH_CHECK(value.scalar_type() == at::kFloat || value.scalar_type() == at::kDouble ||
                  (value.is_cuda() && has_sixteen_bits(value)),
              "ms_deform_attn: value must be Float", value.is_cuda() ? ", Half, BFloat16" : "",
              " or Double, found ", value.scalar_type());
  check_index(spatial_shapes, "spatial_shapes", 2);
  check_index(level_start_index, "level_start_index", 1);

  MsDeformAttnSizes sizes{};
  sizes.batch = value.size(0);
  sizes.tokens = value.size(1);
  sizes.heads = value.size(2);
  sizes.channels = value.size(3);
  sizes.levels = spatial_shapes.size(0);
  TORCH_CHECK(spatial_shapes.size(1) == 2, "ms_deform_attn: spatial_shapes must be (L, 2), found shape ",
              spatial_shapes.sizes());
  TORCH_CHECK(level_start_index.size(0) == sizes.levels, "ms_deform_attn: level_start_index must have ",
              sizes.levels, " entries, one for each row of spatial_shapes, found ",
              level_start_index.size(0));
  constexpr int64_t kLimit = std::numeric_limits<int32_t>::max();
  TORCH_CHECK(sizes.tokens <= kLimit && sizes.tokens * sizes.heads <= kLimit &&
                  sizes.tokens * sizes.heads * sizes.channels <= kLimit,
              "ms_deform_attn: value must have at most ", kLimit, " elements per image, found shape ",
              value.sizes());

  const auto shapes = spatial_shapes.accessor<int64_t, 2>();
  const auto starts = level_start_index.accessor<int64_t, 1>();
  int64_t start = 0;
  for (int64_t level = 0; level < sizes.levels; ++level) {
    const int64_t height = shapes[level][0];
    const int64_t width = shapes[level][1];
    TORCH_CHECK(height >= 1 && width >= 1 && height <= sizes.tokens && width <= sizes.tokens,
                "ms_deform_attn: spatial_shapes of level ", level, " is ", height, " x ", width,
                ", expected 1 or more each and an area within the ", sizes.tokens, " tokens of value");
    TORCH_CHECK(starts[level] == start, "ms_deform_attn: level_start_index of level ", level, " is ",
                starts[level], ", expected ", start, " by spatial_shapes");
    sizes.level_height.push_back(static_cast<int32_t>(height));
    sizes.level_width.push_back(static_cast<int32_t>(width));
    sizes.level_start.push_back(static_cast<int32_t>(start));
    start += height * width;
    TORCH_CHECK(start <= sizes.tokens, "ms_deform_attn: spatial_shapes add up to ", start,
                " tokens or more by level ", level, ", expected ", sizes.tokens, " as value has");
  }
  TORCH_CHECK(start == sizes.tokens, "ms_deform_attn: spatial_shapes add up to ", start, " tokens, expected ",
              sizes.tokens, " as value has");
  return sizes;
}

MsDeformAttnSizes check_ms_deform_attn(const at::Tensor& value, const at::Tensor& spatial_shapes,
                                       const at::Tensor& level_start_index,
                                       const at::Tensor& sampling_locations,
                                       const at::Tensor& attention_weights) {
  TORCH_CHECK(sampling_locations.dim() == 6,
              "ms_deform_attn: sampling_locations must be (B, Q, H, L, P, 2), found shape ",
              sampling_locations.sizes());
  auto sizes = check_ms_deform_attn_levels(value, spatial_shapes, level_start_index);
  sizes.queries = sampling_locations.size(1);
  sizes.points = sampling_locations.size(4);
  check_beside(sampling_locations, "sampling_locations",
               {sizes.batch, sizes.queries, sizes.heads, sizes.levels, sizes.points, 2}, value);
  check_beside(attention_weights, "attention_weights",
               {sizes.batch, sizes.queries, sizes.heads, sizes.levels, sizes.points}, value);
  return sizes;
}

MsDeformAttnSizes check_ms_deform_attn_raw(const at::Tensor& value, const at::Tensor& spatial_shapes,
                                           const at::Tensor& level_start_index, const at::Tensor& raw,
                                           const at::Tensor& reference_points) {
  TORCH_CHECK(raw.dim() == 3, "ms_deform_attn_raw: raw must be (B, Q, H L P 3), found shape ", raw.sizes());
  auto sizes = check_ms_deform_attn_levels(value, spatial_shapes, level_start_index);
  sizes.queries = raw.size(1);
  const int64_t per_point = 3 * sizes.heads * sizes.levels;
  TORCH_CHECK(raw.size(2) > 0 && raw.size(2) % per_point == 0,
              "ms_deform_attn_raw: raw must have a multiple of ", per_point, " columns, found ", raw.size(2));
  sizes.points = raw.size(2) / per_point;
  check_beside(raw, "raw", {sizes.batch, sizes.queries, raw.size(2)}, value);
  const bool boxes = reference_points.dim() == 4 && reference_points.size(3) == 4;
  check_beside(reference_points, "reference_points",
               {sizes.batch, sizes.queries, sizes.levels, boxes ? 4 : 2}, value);
  return sizes;
}

std::vector<int32_t> level_table_by_point(const std::vector<int32_t>& by_level, int64_t points) {
  std::vector<int32_t> table;
  for (const int32_t entry : by_level) table.insert(table.end(), static_cast<size_t>(points), entry);
  table.resize(table.size() + kernel::kPointPadding, 0);
  return table;
}

}  // namespace focus::ops
