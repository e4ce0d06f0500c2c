// Deformable DETR's encoder: tokens sample a memory that each layer updates.
#pragma once

#include <torch/nn/module.h>

#include <functional>
#include <memory>

#include "models/encoders/transformer_layer.h"
#include "models/options.h"
#include "models/tokens.h"

namespace focus::models {

/// Tokens sample a memory by deformable attention, then pass a feed-forward network; residual and
/// normalisation follow each.
class DeformableEncoderLayer : public TransformerLayer {
 public:
  explicit DeformableEncoderLayer(const TransformerOptions& options)
      : DeformableEncoderLayer(options, nullptr) {}

  /// @param query, position   (B, n, C)
  /// @param reference_points  (B, n, L, 2)
  /// @param memory            (B, S, C), sampled; its levels and padding are those of `tokens`
  /// @return (B, n, C)
  at::Tensor update(const at::Tensor& query, const at::Tensor& position, const at::Tensor& reference_points,
                    const at::Tensor& memory, const Tokens& tokens) const;

 protected:
  /// With another attention in front, for the derived layer to call.
  DeformableEncoderLayer(const TransformerOptions& options, const std::shared_ptr<nn::SelfAttention>& first);

 private:
  std::shared_ptr<nn::DeformableAttention> deformable_attention_;
};

/// The tokens an encoder layer updates.
struct KeptTokens {
  at::Tensor indices;  ///< (B, n) int64
  /// (B, n) bool, false for rows that fill up an image with fewer tokens and are not written back. Undefined:
  /// all are written back.
  at::Tensor counted;
};

/// `memory` (B, S, C) with its kept rows replaced by `updated` (B, n, C). Without gradients `memory` itself
/// is overwritten.
at::Tensor write_back(const at::Tensor& memory, const KeptTokens& kept, const at::Tensor& updated);

class DeformableEncoder : public torch::nn::Module {
 public:
  explicit DeformableEncoder(const TransformerOptions& options);

  /// Called with the index of a layer and the tokens (B, n, C) it updated.
  using LayerWatcher = std::function<void(size_t layer, const at::Tensor& updated)>;

  /// @param kept tokens that all layers update; null: all of them
  /// @return (B, S, C): the neck's features, with the kept tokens updated
  at::Tensor forward(const Tokens& tokens, const KeptTokens* kept, const LayerWatcher& watch) const;

  size_t size() const { return layers_->size(); }

 private:
  std::shared_ptr<nn::ModuleList<DeformableEncoderLayer>> layers_;
};

}  // namespace focus::models
