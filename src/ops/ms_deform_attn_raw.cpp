#include "ops/ms_deform_attn_raw.h"

#include <ATen/Parallel.h>

#include <vector>

#include "ops/isa.h"
#include "ops/ms_deform_attn_check.h"
#include "ops/ms_deform_attn_kernel.h"
#include "ops/point_placement_kernel.h"
#ifdef FOCUS_DETR_CUDA
#include "ops/cuda/ms_deform_attn_cuda.h"
#endif

namespace focus::ops {
namespace {

/// Rows placed and then sampled while their points are in the nearest cache.
constexpr int64_t kRowsAtOnce = 8;

struct RawKernels {
  void (*place)(const kernel::Placement&, int64_t, int64_t, float*, float*, float*) = nullptr;
  void (*sample)(const kernel::Sampling<float>&, float*, int64_t, int64_t) = nullptr;
};

RawKernels raw_kernels() {
#ifdef __x86_64__
  if (active_isa() == Isa::kAvx512) return {kernel::place_avx512, kernel::forward_avx512};
  if (active_isa() == Isa::kAvx2) return {kernel::place_avx2, kernel::forward_avx2};
#endif
  return {};
}

}  // namespace

bool has_ms_deform_attn_raw() { return raw_kernels().place != nullptr; }

at::Tensor ms_deform_attn_raw(const at::Tensor& value, const at::Tensor& spatial_shapes,
                              const at::Tensor& level_start_index, const at::Tensor& raw,
                              const at::Tensor& reference_points) {
  TORCH_CHECK(raw.dim() == 3, "ms_deform_attn_raw: raw must be (B, Q, H L P 3), found shape ", raw.sizes());
  auto sizes = check_ms_deform_attn_levels(value, spatial_shapes, level_start_index);
  const int64_t queries = raw.size(1), per_point = 3 * sizes.heads * sizes.levels;
  TORCH_CHECK(raw.size(2) > 0 && raw.size(2) % per_point == 0,
              "ms_deform_attn_raw: raw must have a multiple of ", per_point, " columns, found ", raw.size(2));
  const int64_t points = raw.size(2) / per_point, all_points = sizes.levels * points;
  check_beside(raw, "raw", {sizes.batch, queries, raw.size(2)}, value);
  const bool boxes = reference_points.dim() == 4 && reference_points.size(3) == 4;
  check_beside(reference_points, "reference_points", {sizes.batch, queries, sizes.levels, boxes ? 4 : 2},
               value);
  sizes.queries = queries;
  sizes.points = points;
#ifdef FOCUS_DETR_CUDA
  if (value.is_cuda()) return ms_deform_attn_raw_cuda(sizes, value, raw, reference_points);
#endif
  TORCH_CHECK(value.is_cpu(), "ms_deform_attn_raw: no kernel for ", value.device());
  const RawKernels kernels = raw_kernels();
  TORCH_CHECK(kernels.place, "ms_deform_attn_raw: no kernel for this CPU");
  TORCH_CHECK(value.scalar_type() == at::kFloat, "ms_deform_attn_raw: value must be Float");

  auto output = at::empty({sizes.batch, queries, sizes.heads * sizes.channels}, value.options());
  if (output.numel() == 0) return output;
  const auto values = value.contiguous(), flat = raw.contiguous(), references = reference_points.contiguous();
  const kernel::Placement placement{.heads = sizes.heads,
                                    .levels = sizes.levels,
                                    .points = points,
                                    .raw = flat.data_ptr<float>(),
                                    .references = references.data_ptr<float>(),
                                    .boxes = boxes,
                                    .level_height = sizes.level_height.data(),
                                    .level_width = sizes.level_width.data()};
  const auto height = level_table_by_point(sizes.level_height, points),
             width = level_table_by_point(sizes.level_width, points),
             start = level_table_by_point(sizes.level_start, points);
  const int64_t value_of_picture = sizes.tokens * sizes.heads * sizes.channels;
  const int64_t output_of_row = sizes.heads * sizes.channels;
  const int64_t chunks = (queries + kRowsAtOnce - 1) / kRowsAtOnce;  // Of a picture: none spans two.
  at::parallel_for(0, sizes.batch * chunks, 4, [&](int64_t begin, int64_t end) {
    const auto weight_count = static_cast<size_t>(kRowsAtOnce * sizes.heads * all_points);
    std::vector<float> locations(2 * weight_count), weights(weight_count),
        scratch(static_cast<size_t>(4 * all_points));
    for (int64_t chunk = begin; chunk < end; ++chunk) {
      const int64_t picture = chunk / chunks, first = chunk % chunks * kRowsAtOnce;
      const int64_t count = std::min(kRowsAtOnce, queries - first), row = picture * queries + first;
      kernels.place(placement, row, row + count, scratch.data(), locations.data(), weights.data());
      const kernel::Sampling<float> sampling{.tokens = sizes.tokens,
                                             .heads = sizes.heads,
                                             .channels = sizes.channels,
                                             .queries = count,
                                             .points = all_points,
                                             .level_height = height.data(),
                                             .level_width = width.data(),
                                             .level_start = start.data(),
                                             .value = values.data_ptr<float>() + picture * value_of_picture,
                                             .locations = locations.data(),
                                             .weights = weights.data()};
      kernels.sample(sampling, output.data_ptr<float>() + row * output_of_row, 0, count);
    }
  });
  return output;
}

}  // namespace focus::ops
