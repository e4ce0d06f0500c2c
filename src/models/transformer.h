// The transformer of DINO and its successors: encode, turn the best tokens into queries, decode.
#pragma once

#include <torch/nn/module.h>

#include <functional>
#include <memory>
#include <optional>

#include "models/decoders/decoder.h"
#include "models/decoders/denoising.h"
#include "models/encoders/token_encoder.h"
#include "models/options.h"

namespace focus::models {

/// Mixed query selection (DINO, section 3.4): queries start from the boxes of the tokens with the highest
/// class scores, their content is learned.
class Transformer : public torch::nn::Module {
 public:
  Transformer(const TransformerOptions& options, const MakeTokenEncoder& make_encoding);

  struct Output {
    Decoder::Output decoder;
    Encoded encoded;
    at::Tensor initial_references;  ///< (B, Q, 4): boxes the decoder starts from, denoising queries first
    at::Tensor proposal_features;   ///< (B, K, C)
    at::Tensor proposal_boxes;      ///< (B, K, 4)
    at::Tensor attention;           ///< (B, S) decoder attention map, in training, if the encoder wants it
  };

  /// Called with the number of proposals; returns the denoising queries to put before them, in training.
  using DenoisingFactory = std::function<std::optional<DenoisingQueries>(int64_t proposals)>;
  Output forward(const Tokens& tokens, const Heads& heads, const DenoisingFactory& denoising,
                 const Pass& pass) const;

  at::Tensor level_embeds() const { return level_embeds_; }
  TokenEncoder& token_encoder() const { return *token_encoder_; }

 private:
  TransformerOptions options_;
  at::Tensor level_embeds_;
  std::unique_ptr<TokenEncoder> token_encoder_;
  std::shared_ptr<OutputMemory> output_memory_;
  std::shared_ptr<DinoDecoder> decoder_;
  std::shared_ptr<nn::Embedding> tgt_embed_;
};

/// Initialises a transformer as the reference does: matrices with Xavier's uniform distribution, sampling
/// offsets of deformable attention along rays, level embeddings with a normal distribution.
void initialise_transformer(torch::nn::Module& transformer, at::Tensor& level_embeds);

}  // namespace focus::models
