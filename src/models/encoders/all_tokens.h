// The token encoder of Deformable DETR and DINO: every layer updates every token.
#pragma once

#include "models/encoders/deformable_encoder.h"
#include "models/encoders/token_encoder.h"

namespace focus::models {

class AllTokens : public TokenEncoder {
 public:
  AllTokens(torch::nn::Module& transformer, const TransformerOptions& options)
      : encoder_(transformer.register_module("encoder", std::make_shared<DeformableEncoder>(options))) {}

  Encoded forward(const Tokens& tokens, const Heads& heads, const Pass& pass) const override;

 private:
  std::shared_ptr<DeformableEncoder> encoder_;
};

/// Makes an AllTokens.
MakeTokenEncoder all_tokens(const TransformerOptions& options);

}  // namespace focus::models
