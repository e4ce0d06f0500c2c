// The encoder with dual attention (paper, section 3.3): fine-grained tokens attend to each other, then every
// foreground token of the layer samples all tokens.
#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <string>

#include "models/encoders/deformable_encoder.h"
#include "models/encoders/token_encoder.h"
#include "models/encoders/token_scorer.h"

namespace focus::models {

class FocusEncoderLayer : public DeformableEncoderLayer {
 public:
  FocusEncoderLayer(const TransformerOptions& options, const FocusOptions& focus);

  /// The tokens that a layer updates.
  struct Input {
    at::Tensor query;             ///< (B, n, C); the layer may overwrite it outside training
    at::Tensor position;          ///< (B, n, C)
    at::Tensor reference_points;  ///< (B, n, L, 2)
    at::Tensor category_score;    ///< (B, n): largest class logit; undefined: not used
    at::Tensor foreground_score;  ///< (B, n): logit
  };

  /// @return (B, n, C): the kept tokens, updated
  at::Tensor forward(const Input& input, const Tokens& tokens, const Pass& pass,
                     const std::string& trace_prefix) const;

  /// FocusOptions::fine_grained_tokens.
  void set_fine_grained_tokens(int64_t count) { fine_grained_tokens_ = count; }

 private:
  /// Without dual attention `self_attention` is null.
  FocusEncoderLayer(const TransformerOptions& options, const FocusOptions& focus,
                    const std::shared_ptr<nn::SelfAttention>& self_attention);

  /// Self-attention among the tokens with the highest product of category and foreground score, which replace
  /// their rows.
  at::Tensor attend_fine_grained(const Input& input, const Pass& pass, const std::string& trace_prefix) const;

  int64_t fine_grained_tokens_;
  std::shared_ptr<nn::SelfAttention> self_attention_;
  std::shared_ptr<nn::LayerNorm> fine_grained_norm_;
};

class FocusEncoder : public torch::nn::Module {
 public:
  FocusEncoder(const TransformerOptions& options, const FocusOptions& focus);

  /// Updates the selected tokens layer by layer. All layers sample the neck's features, which stay unchanged.
  /// @param category_head class head that scores tokens (shared with the two-stage head)
  /// @return (B, S, C)
  at::Tensor forward(const Tokens& tokens, const TokenSelection& selection, const nn::Linear& category_head,
                     const Pass& pass) const;

  /// The number of fine-grained tokens and how they are chosen.
  void set_choice(const FocusOptions& focus);

 private:
  bool choose_by_category_;  ///< FocusOptions::category_score; false without dual attention.
  std::shared_ptr<nn::ModuleList<FocusEncoderLayer>> layers_;
};

}  // namespace focus::models
