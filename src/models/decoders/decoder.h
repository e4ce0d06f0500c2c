// Decoders of Deformable DETR and DINO: queries attend to each other, sample the memory, and refine their
// boxes layer by layer.
#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <vector>

#include "models/decoders/decoder_attention.h"
#include "models/decoders/heads.h"
#include "models/encoders/transformer_layer.h"
#include "models/options.h"
#include "models/tokens.h"
#include "models/trace.h"

namespace focus::models {

class DecoderLayer : public TransformerLayer {
 public:
  explicit DecoderLayer(const TransformerOptions& options);

  /// @param query, position  (B, Q, C)
  /// @param memory           (B, S, C)
  /// @param references       (B, Q, L, 4) boxes or (B, Q, L, 2) points
  /// @param attention_mask          (Q, Q) bool or undefined
  /// @param seen             receives where the memory was sampled, unless null
  at::Tensor forward(const at::Tensor& query, const at::Tensor& position, const at::Tensor& memory,
                     const Tokens& tokens, const at::Tensor& references, const at::Tensor& attention_mask,
                     nn::SampledPoints* seen) const;

 private:
  std::shared_ptr<nn::SelfAttention> self_attention_;
  std::shared_ptr<nn::DeformableAttention> deformable_attention_;
};

/// Deformable DETR's decoder: all layers use the same query positions, Input::position.
class Decoder : public torch::nn::Module {
 public:
  explicit Decoder(const TransformerOptions& options);

  struct Input {
    at::Tensor query;           ///< (B, Q, C) content
    at::Tensor position;        ///< (B, Q, C); unused by decoders that compute their own
    at::Tensor references;      ///< (B, Q, 4) initial boxes or (B, Q, 2) points, 0..1
    at::Tensor memory;          ///< (B, S, C)
    at::Tensor attention_mask;  ///< (Q, Q) bool, true = row may not attend to column; undefined: all may
  };
  struct Output {
    std::vector<at::Tensor> states;  ///< per layer: (B, Q, C)
    std::vector<at::Tensor>
        references;  ///< per layer: (B, Q, 4) refined boxes; gradients flow one layer back
  };

  /// @param heads     their box heads refine the references, one per layer; null: references stay as they are
  /// @param attention accumulates where the queries attend, unless null
  Output forward(const Input& input, const Tokens& tokens, const Heads* heads, DecoderAttention* attention,
                 Trace* trace) const;

 protected:
  /// The position (B, Q, C) of queries at `references` (B, Q, 4 or 2, relative to the padded image).
  virtual at::Tensor place(const at::Tensor& references, const Input& input) const;
  /// A layer's queries as the heads receive them.
  virtual at::Tensor finish(const at::Tensor& query) const { return query; }

 private:
  std::shared_ptr<nn::ModuleList<DecoderLayer>> layers_;
};

/// DINO's decoder: positions follow from the boxes (DAB-DETR, section 4.2), and all layers share a final
/// normalisation.
class DinoDecoder : public Decoder {
 public:
  explicit DinoDecoder(const TransformerOptions& options);

 protected:
  at::Tensor place(const at::Tensor& references, const Input& input) const override;
  at::Tensor finish(const at::Tensor& query) const override { return norm_->forward(query); }

 private:
  std::shared_ptr<nn::Mlp> ref_point_head_;
  std::shared_ptr<nn::LayerNorm> norm_;
};

}  // namespace focus::models
