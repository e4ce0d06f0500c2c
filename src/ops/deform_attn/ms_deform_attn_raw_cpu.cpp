#include "ops/deform_attn/ms_deform_attn_raw_cpu.h"

#include <ATen/Parallel.h>

#include <vector>

#include "ops/cpu/isa.h"
#include "ops/cpu/kernel_table.h"
#include "ops/deform_attn/ms_deform_attn_cpu.h"

namespace focus::ops {
namespace {

/// Rows that are placed and then sampled while their points are in the L1 cache.
constexpr int64_t kRowsAtOnce = 8;
/// Least number of rows per task that only places points.
constexpr int64_t kPlacedRows = 64;

/// The kernels' view of contiguous arguments.
kernel::Placement placement_of(const MsDeformAttnSizes& sizes, const at::Tensor& raw,
                               const at::Tensor& references) {
  return {.heads = sizes.heads,
          .levels = sizes.levels,
          .points = sizes.points,
          .raw = raw.data_ptr<float>(),
          .references = references.data_ptr<float>(),
          .boxes = references.size(3) == 4,
          .level_height = sizes.level_height.data(),
          .level_width = sizes.level_width.data()};
}

std::vector<float> scratch_of(const MsDeformAttnSizes& sizes) {
  return std::vector<float>(static_cast<size_t>(4 * sizes.levels * sizes.points));
}

}  // namespace

bool has_ms_deform_attn_raw_cpu() { return active_kernels().place != nullptr; }

at::Tensor ms_deform_attn_raw_cpu(const MsDeformAttnSizes& sizes, const at::Tensor& value,
                                  const at::Tensor& raw, const at::Tensor& reference_points) {
  const auto& kernels = active_kernels();
  auto output = at::empty({sizes.batch, sizes.queries, sizes.heads * sizes.channels}, value.options());
  if (output.numel() == 0) return output;
  const int64_t queries = sizes.queries, all_points = sizes.levels * sizes.points;
  const auto values = value.contiguous(), flat = raw.contiguous(), references = reference_points.contiguous();
  const auto placement = placement_of(sizes, flat, references);
  const auto height = level_table_by_point(sizes.level_height, sizes.points),
             width = level_table_by_point(sizes.level_width, sizes.points),
             start = level_table_by_point(sizes.level_start, sizes.points);
  const int64_t value_of_image = sizes.tokens * sizes.heads * sizes.channels;
  const int64_t output_of_row = sizes.heads * sizes.channels;
  const int64_t chunks = (queries + kRowsAtOnce - 1) / kRowsAtOnce;  // Per image: none spans two.
  at::parallel_for(0, sizes.batch * chunks, 4, [&](int64_t begin, int64_t end) {
    const auto weight_count = static_cast<size_t>(kRowsAtOnce * sizes.heads * all_points);
    std::vector<float> locations(2 * weight_count), weights(weight_count);
    auto scratch = scratch_of(sizes);
    for (int64_t chunk = begin; chunk < end; ++chunk) {
      const int64_t image = chunk / chunks, first = chunk % chunks * kRowsAtOnce;
      const int64_t count = std::min(kRowsAtOnce, queries - first), row = image * queries + first;
      kernels.place(placement, row, row + count, scratch.data(), locations.data(), weights.data());
      const kernel::Sampling<float> sampling{.tokens = sizes.tokens,
                                             .heads = sizes.heads,
                                             .channels = sizes.channels,
                                             .queries = count,
                                             .points = all_points,
                                             .level_height = height.data(),
                                             .level_width = width.data(),
                                             .level_start = start.data(),
                                             .value = values.data_ptr<float>() + image * value_of_image,
                                             .locations = locations.data(),
                                             .weights = weights.data()};
      kernels.sample(sampling, output.data_ptr<float>() + row * output_of_row, 0, count);
    }
  });
  return output;
}

std::pair<at::Tensor, at::Tensor> ms_deform_attn_raw_backward_cpu(
    const MsDeformAttnSizes& sizes, const at::Tensor& value, const at::Tensor& spatial_shapes,
    const at::Tensor& level_start_index, const at::Tensor& raw, const at::Tensor& reference_points,
    const at::Tensor& grad_output) {
  const auto& kernels = active_kernels();
  const int64_t rows = sizes.batch * sizes.queries;
  const auto flat = raw.contiguous(), references = reference_points.contiguous();
  const auto placement = placement_of(sizes, flat, references);
  const auto weights =
      at::empty({sizes.batch, sizes.queries, sizes.heads, sizes.levels, sizes.points}, raw.options());
  const int64_t weights_of_row = sizes.heads * sizes.levels * sizes.points;
  auto grad_raw = at::empty(flat.sizes(), flat.options());
  const auto locations =
      at::empty({sizes.batch, sizes.queries, sizes.heads, sizes.levels, sizes.points, 2}, raw.options());
  at::parallel_for(0, rows, kPlacedRows, [&](int64_t begin, int64_t end) {
    kernels.place(placement, begin, end, scratch_of(sizes).data(),
                  locations.data_ptr<float>() + 2 * begin * weights_of_row,
                  weights.data_ptr<float>() + begin * weights_of_row);
  });
  const auto [grad_value, grad_locations, grad_weights] = ms_deform_attn_backward_cpu(
      value, spatial_shapes, level_start_index, locations, weights, grad_output, active_isa());
  const kernel::PlacementGradient gradient{weights.data_ptr<float>(), grad_locations.data_ptr<float>(),
                                           grad_weights.data_ptr<float>(), grad_raw.data_ptr<float>()};
  at::parallel_for(0, rows, kPlacedRows, [&](int64_t begin, int64_t end) {
    kernels.place_gradient(placement, gradient, begin, end, scratch_of(sizes).data());
  });
  return {grad_value, grad_raw};
}

}  // namespace focus::ops
