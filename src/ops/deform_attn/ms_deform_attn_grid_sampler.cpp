#include "ops/deform_attn/ms_deform_attn.h"

namespace focus::ops {

at::Tensor ms_deform_attn_by_grid_sampler(const at::Tensor& value, const at::Tensor& spatial_shapes,
                                          const at::Tensor& sampling_locations,
                                          const at::Tensor& attention_weights) {
  constexpr int64_t kBilinear = 0;
  constexpr int64_t kZeros = 0;
  const int64_t batch = value.size(0), heads = value.size(2), channels = value.size(3);
  const int64_t queries = sampling_locations.size(1);
  const auto grid = sampling_locations * 2 - 1;
  at::Tensor sum;
  int64_t start = 0;
  for (int64_t level = 0; level < spatial_shapes.size(0); ++level) {
    const auto height = spatial_shapes[level][0].item<int64_t>();
    const auto width = spatial_shapes[level][1].item<int64_t>();
    // (B, tokens, H, D) -> (B * H, D, h, w), sampled at (B * H, Q, P, 2) -> (B * H, D, Q, P).
    const auto image = value.slice(1, start, start + height * width)
                           .permute({0, 2, 3, 1})
                           .reshape({batch * heads, channels, height, width});
    const auto points = grid.select(3, level).transpose(1, 2).flatten(0, 1);
    const auto weights = attention_weights.select(3, level).transpose(1, 2).flatten(0, 1).unsqueeze(1);
    const auto sampled = (at::grid_sampler(image, points, kBilinear, kZeros, false) * weights).sum(-1);
    sum = sum.defined() ? sum + sampled : sampled;
    start += height * width;
  }
  return sum.view({batch, heads * channels, queries}).transpose(1, 2).contiguous();
}

}  // namespace focus::ops
