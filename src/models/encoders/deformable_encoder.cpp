#include "models/encoders/deformable_encoder.h"

#include "base/profile.h"
#include "nn/recompute.h"
#include "nn/rows.h"

namespace focus::models {

DeformableEncoderLayer::DeformableEncoderLayer(const TransformerOptions& options,
                                               const std::shared_ptr<nn::SelfAttention>& first)
    : TransformerLayer(options, 2) {
  if (first) add_attention(first);
  deformable_attention_ = add_deformable_attention(options);
}

at::Tensor DeformableEncoderLayer::update(const at::Tensor& query, const at::Tensor& position,
                                          const at::Tensor& reference_points, const at::Tensor& memory,
                                          const Tokens& tokens) const {
  const auto values = deformable_attention_->project(memory, tokens.value_mask());
  const auto found = deformable_attention_->forward(query, position, values, reference_points, tokens.levels);
  return norm(1, feedforward_->forward(norm(0, found)));
}

at::Tensor write_back(const at::Tensor& memory, const KeptTokens& kept, const at::Tensor& updated) {
  if (!kept.counted.defined()) return nn::replace_rows(memory, kept.indices, updated);
  const auto rows = at::where(kept.counted.unsqueeze(-1), updated, nn::gather_rows(memory, kept.indices));
  return nn::replace_rows(memory, kept.indices, rows);
}

DeformableEncoder::DeformableEncoder(const TransformerOptions& options)
    : layers_(register_module("layers", std::make_shared<nn::ModuleList<DeformableEncoderLayer>>())) {
  for (int64_t i = 0; i < options.encoder_layers; ++i) layers_->emplace(options);
}

at::Tensor DeformableEncoder::forward(const Tokens& tokens, const KeptTokens* kept,
                                      const LayerWatcher& watch) const {
  auto reference_points = token_reference_points(tokens);
  auto position = tokens.position, memory = tokens.features;
  if (kept) {
    position = nn::gather_rows(position, kept->indices);
    reference_points = nn::gather_rows(reference_points.flatten(2), kept->indices)
                           .view({kept->indices.size(0), kept->indices.size(1), -1, 2});
    if (!at::GradMode::is_enabled()) memory = memory.clone();
  }
  for (size_t l = 0; l < layers_->size(); ++l) {
    const ProfileScope span("layer", static_cast<int64_t>(l));
    const auto query = kept ? nn::gather_rows(memory, kept->indices) : memory;
    const auto updated = nn::recomputed(
        [&layer = (*layers_)[l], reference_points, tokens](at::TensorList in) {
          return layer.update(in[0], in[1], reference_points, in[2], tokens);
        },
        {query, position, memory});
    memory = kept ? write_back(memory, *kept, updated) : updated;
    if (watch) watch(l, updated);
  }
  return memory;
}

}  // namespace focus::models
