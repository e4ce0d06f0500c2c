#include "models/encoders/all_tokens.h"

#include "base/profile.h"

namespace focus::models {

Encoded AllTokens::forward(const Tokens& tokens, const Heads&, const Pass& pass) const {
  const ProfileScope stage("encoder");
  Encoded encoded;
  encoded.memory = encoder_->forward(tokens, nullptr, [&](size_t layer, const at::Tensor& updated) {
    record(pass.trace, "enc" + std::to_string(layer) + "_out", updated);
  });
  return encoded;
}

MakeTokenEncoder all_tokens(const TransformerOptions& options) {
  return [options](torch::nn::Module& transformer, const auto&) {
    return std::make_unique<AllTokens>(transformer, options);
  };
}

}  // namespace focus::models
