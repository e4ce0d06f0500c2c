// The token encoder of Sparse DETR (Roh et al., ICLR 2022): layers update the tokens that the decoder is
// expected to attend to.
#pragma once

#include "models/encoders/deformable_encoder.h"
#include "models/encoders/token_encoder.h"
#include "models/encoders/token_scorer.h"

namespace focus::models {

/// A scorer trained on the decoder attention map chooses the best share of an image's tokens once; all layers
/// update these tokens and sample all tokens.
class SparseTokens : public TokenEncoder {
 public:
  SparseTokens(torch::nn::Module& transformer, std::shared_ptr<OutputMemory> output_memory,
               const TransformerOptions& options, const SparseOptions& sparse);

  Encoded forward(const Tokens& tokens, const Heads& heads, const Pass& pass) const override;
  int64_t encoder_heads() const override;
  bool wants_decoder_attention() const override { return true; }
  std::optional<double> keep_ratio() const override { return sparse_.keep_ratio; }
  void set_keep_ratio(double ratio) override { sparse_.keep_ratio = ratio; }

 private:
  SparseOptions sparse_;
  std::shared_ptr<OutputMemory> output_memory_;
  std::shared_ptr<TokenScorer> scorer_;
  std::shared_ptr<DeformableEncoder> encoder_;
};

/// Makes a SparseTokens.
MakeTokenEncoder sparse_tokens(const TransformerOptions& options, const SparseOptions& sparse);

}  // namespace focus::models
