// The token encoder of Focus-DETR: a scorer trained on boxes chooses the tokens, fewer from layer to layer,
// that dual attention updates.
#pragma once

#include "models/encoders/focus_encoder.h"
#include "models/encoders/token_encoder.h"
#include "models/encoders/token_scorer.h"

namespace focus::models {

class FocusedTokens : public TokenEncoder {
 public:
  FocusedTokens(torch::nn::Module& transformer, std::shared_ptr<OutputMemory> output_memory,
                const TransformerOptions& options, const FocusOptions& focus);

  Encoded forward(const Tokens& tokens, const Heads& heads, const Pass& pass) const override;
  std::optional<double> keep_ratio() const override { return focus_.keep_ratio; }
  void set_keep_ratio(double ratio) override { focus_.keep_ratio = ratio; }

  /// As FocusDetr::set_focus, which validates the options first.
  void set_focus(const FocusOptions& focus);

 private:
  FocusOptions focus_;
  at::Tensor alpha_;  ///< Undefined without top-down modulation.
  std::shared_ptr<FocusEncoder> encoder_;
  std::shared_ptr<OutputMemory> output_memory_;
  std::shared_ptr<TokenScorer> scorer_;
};

}  // namespace focus::models
