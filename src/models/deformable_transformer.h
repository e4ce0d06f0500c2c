// The transformer of Deformable DETR and Sparse DETR: encode, initialise queries, decode.
#pragma once

#include <torch/nn/module.h>

#include <memory>

#include "models/decoders/decoder.h"
#include "models/decoders/query_start.h"
#include "models/encoders/token_encoder.h"

namespace focus::models {

/// Makes the QueryStart, whose layers are registered in `transformer`.
using MakeQueryStart = std::function<std::unique_ptr<QueryStart>(
    torch::nn::Module& transformer, const std::function<std::shared_ptr<OutputMemory>()>& output_memory)>;

class DeformableTransformer : public torch::nn::Module {
 public:
  /// @param refines whether each decoder layer refines the boxes of the previous one
  DeformableTransformer(const TransformerOptions& options, const MakeTokenEncoder& make_encoding,
                        const MakeQueryStart& make_start, bool refines);

  struct Output {
    Decoder::Output decoder;
    Encoded encoded;
    StartedQueries started;
    at::Tensor attention;  ///< (B, S) decoder attention map, in training, if the encoder wants it
  };
  Output forward(const Tokens& tokens, const Heads& heads, const Pass& pass) const;

  at::Tensor level_embeds() const { return level_embeds_; }
  TokenEncoder& token_encoder() const { return *token_encoder_; }

 private:
  at::Tensor level_embeds_;
  std::shared_ptr<OutputMemory> output_memory_;  ///< Null unless the encoder or the query start uses it.
  std::unique_ptr<TokenEncoder> token_encoder_;
  std::unique_ptr<QueryStart> start_;
  std::shared_ptr<Decoder> decoder_;
  bool refines_;
};

}  // namespace focus::models
