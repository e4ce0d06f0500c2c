// DETR's transformer: tokens of one feature map attend to each other, then learned queries attend to them.
#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <vector>

#include "models/encoders/transformer_layer.h"
#include "models/options.h"
#include "models/trace.h"

namespace focus::models {

/// The tokens of one feature map.
struct PlainTokens {
  at::Tensor features;        ///< (B, S, C)
  at::Tensor position;        ///< (B, S, C)
  at::Tensor attention_mask;  ///< (B, 1, 1, S) bool, true = padding; undefined: there is none
};

class DetrEncoderLayer : public TransformerLayer {
 public:
  explicit DetrEncoderLayer(const TransformerOptions& options);
  /// @return (B, S, C) the updated features
  at::Tensor forward(const PlainTokens& tokens) const;

 private:
  std::shared_ptr<nn::SelfAttention> self_attention_;
};

class DetrDecoderLayer : public TransformerLayer {
 public:
  explicit DetrDecoderLayer(const TransformerOptions& options);
  /// @param query, position (B, Q, C)
  at::Tensor forward(const at::Tensor& query, const at::Tensor& position, const PlainTokens& memory) const;

 private:
  std::shared_ptr<nn::SelfAttention> self_attention_;
  std::shared_ptr<nn::CrossAttention> cross_attention_;
};

class DetrTransformer : public torch::nn::Module {
 public:
  explicit DetrTransformer(const TransformerOptions& options);

  /// @param positions (Q, C) learned positions of the queries, whose content starts at zero
  /// @return (B, Q, C) per decoder layer, normalised
  std::vector<at::Tensor> forward(PlainTokens tokens, const at::Tensor& positions, Trace* trace) const;

 private:
  std::shared_ptr<nn::ModuleList<DetrEncoderLayer>> encoder_;
  std::shared_ptr<nn::ModuleList<DetrDecoderLayer>> decoder_;
  std::shared_ptr<nn::LayerNorm> norm_;
};

}  // namespace focus::models
