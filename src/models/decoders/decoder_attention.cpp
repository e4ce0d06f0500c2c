#include "models/decoders/decoder_attention.h"

namespace focus::models {

void DecoderAttention::add(const nn::SampledPoints& points) {
  at::NoGradGuard no_grad;
  const auto locations = points.locations.slice(1, first_query_),
             weights = points.weights.slice(1, first_query_);
  const int64_t batch = locations.size(0);
  if (!sums_.defined()) sums_ = at::zeros({batch, tokens_.features.size(1)}, weights.options());
  for (size_t l = 0; l < tokens_.shapes.size(); ++l) {
    const auto level = static_cast<int64_t>(l);
    const auto [height, width] = tokens_.shapes[l];
    // In these coordinates token centres are integers.
    const auto x = locations.select(3, level).select(-1, 0) * static_cast<double>(width) - 0.5;
    const auto y = locations.select(3, level).select(-1, 1) * static_cast<double>(height) - 0.5;
    const auto left = x.floor(), top = y.floor();
    for (const int dx : {0, 1}) {
      for (const int dy : {0, 1}) {
        const auto column = left + dx, row = top + dy;
        const auto share = (1 - (x - column).abs()) * (1 - (y - row).abs());
        const auto inside =
            column.ge(0).logical_and(column.lt(width)).logical_and(row.ge(0)).logical_and(row.lt(height));
        const auto index = (row * width + column + tokens_.starts[l]).masked_fill(inside.logical_not(), 0);
        const auto taken = (weights.select(3, level) * share).masked_fill(inside.logical_not(), 0);
        sums_.scatter_add_(1, index.to(at::kLong).reshape({batch, -1}), taken.reshape({batch, -1}));
      }
    }
  }
}

at::Tensor DecoderAttention::map() const {
  return sums_.masked_fill(tokens_.padding_mask, sums_.min().item<double>() - 1);
}

}  // namespace focus::models
