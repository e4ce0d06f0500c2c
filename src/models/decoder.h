// DINO's decoder: queries attend to each other, sample the memory, and refine their boxes layer by layer.
#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <vector>

#include "models/options.h"
#include "models/tokens.h"
#include "models/trace.h"
#include "models/transformer_layer.h"

namespace focus::models {

class DecoderLayer : public TransformerLayer {
 public:
  explicit DecoderLayer(const TransformerOptions& options) : TransformerLayer(options, 3) {}

  /// @param query, position  (B, Q, C)
  /// @param memory           (B, S, C)
  /// @param reference_boxes  (B, Q, L, 4)
  /// @param blocked          (Q, Q) bool or undefined
  at::Tensor forward(const at::Tensor& query, const at::Tensor& position, const at::Tensor& memory,
                     const Tokens& tokens, const at::Tensor& reference_boxes,
                     const at::Tensor& blocked) const;
};

class Decoder : public torch::nn::Module {
 public:
  explicit Decoder(const TransformerOptions& options);

  struct Output {
    std::vector<at::Tensor> states;      ///< a layer: (B, Q, C), normalised
    std::vector<at::Tensor> references;  ///< a layer: (B, Q, 4) refined boxes; gradients flow one layer back
  };

  /// @param query       (B, Q, C) content
  /// @param references  (B, Q, 4) boxes to start from, 0..1
  /// @param box_heads   one a layer, refining the boxes (look forward twice: DINO, section 3.5)
  Output forward(at::Tensor query, at::Tensor references, const at::Tensor& memory, const Tokens& tokens,
                 const at::Tensor& blocked, nn::ModuleList<nn::Mlp>& box_heads, Trace* trace) const;

 private:
  std::shared_ptr<nn::ModuleList<DecoderLayer>> layers_;
  std::shared_ptr<nn::Mlp> ref_point_head_;
  std::shared_ptr<nn::LayerNorm> norm_;
};

}  // namespace focus::models
