// The transformer of Focus-DETR: score tokens, encode the foreground, select proposals, decode.
#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <optional>
#include <vector>

#include "models/decoder.h"
#include "models/denoising.h"
#include "models/encoder.h"
#include "models/options.h"
#include "models/token_scorer.h"
#include "models/trace.h"

namespace focus::models {

/// Class and box heads: one a decoder layer, and a last one for the two-stage proposals, whose class head
/// also scores tokens inside the encoder. They belong to the detector, as in the reference's state dict.
struct Heads {
  std::shared_ptr<nn::ModuleList<nn::Linear>> classes;
  std::shared_ptr<nn::ModuleList<nn::Mlp>> boxes;
};

class Transformer : public torch::nn::Module {
 public:
  explicit Transformer(const FocusDetrOptions& options);

  struct Output {
    Decoder::Output decoder;
    at::Tensor initial_references;  ///< (B, Q, 4): boxes the decoder starts from, denoising queries first
    at::Tensor proposal_features;   ///< (B, K, C)
    at::Tensor proposal_boxes;      ///< (B, K, 4)
    at::Tensor foreground_logits;   ///< (B, S)
  };

  /// @param denoising called with the number of proposals; yields the queries to put before them, in training
  using DenoisingFactory = std::function<std::optional<DenoisingQueries>(int64_t proposals)>;
  Output forward(const Tokens& tokens, const Heads& heads, const DenoisingFactory& denoising, Trace* trace);

  at::Tensor level_embeds() const { return level_embeds_; }

  /// ReferenceQuirks::fixed_top_k.
  void set_fixed_top_k(bool fixed) { options_.quirks.fixed_top_k = fixed; }

  /// FocusDetr::set_focus, after validation.
  void set_focus(const FocusOptions& focus);

 private:
  /// Features the scorer and the two-stage head look at: unusable tokens zeroed, projected, normalised.
  at::Tensor output_memory(const at::Tensor& memory, const TokenProposals& proposals) const;

  FocusDetrOptions options_;
  at::Tensor alpha_, level_embeds_;
  std::shared_ptr<Encoder> encoder_;
  std::shared_ptr<Decoder> decoder_;
  std::shared_ptr<nn::Embedding> tgt_embed_;
  std::shared_ptr<nn::Linear> enc_output_;
  std::shared_ptr<nn::LayerNorm> enc_output_norm_;
  std::shared_ptr<TokenScorer> scorer_;
};

}  // namespace focus::models
