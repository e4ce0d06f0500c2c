#include "models/encoders/focused_tokens.h"

#include "base/profile.h"

namespace focus::models {

FocusedTokens::FocusedTokens(torch::nn::Module& transformer, std::shared_ptr<OutputMemory> output_memory,
                             const TransformerOptions& options, const FocusOptions& focus)
    : focus_(focus),
      alpha_(focus.top_down ? transformer.register_parameter(
                                  "alpha", at::empty({options.levels - 1}).uniform_(-0.3, 0.3))
                            : at::Tensor()),
      encoder_(transformer.register_module("encoder", std::make_shared<FocusEncoder>(options, focus))),
      output_memory_(std::move(output_memory)),
      scorer_(
          transformer.register_module("enc_mask_predictor", std::make_shared<TokenScorer>(options.width))) {}

void FocusedTokens::set_focus(const FocusOptions& focus) {
  focus_ = focus;
  encoder_->set_choice(focus);
}

Encoded FocusedTokens::forward(const Tokens& tokens, const Heads& heads, const Pass& pass) const {
  ProfileScope stage("scorer");
  Encoded encoded;
  encoded.proposals = token_proposals(tokens);
  const auto scoring_memory = output_memory_->forward(tokens.features + tokens.position, *encoded.proposals);
  encoded.scores = scorer_->score(scoring_memory, tokens.shapes, alpha_);
  const auto selection =
      select_tokens(encoded.scores, tokens.padded ? tokens.padding_mask : at::Tensor(), focus_.keep_ratio,
                    focus_.cascade, pass.trace ? TokenOrder::kScore : TokenOrder::kRaster);
  encoded.counts = selection.foreground_counts;

  stage.next("encoder");
  encoded.memory = encoder_->forward(tokens, selection, (*heads.classes)[heads.of_proposals()], pass);
  stage.end();

  record(pass.trace, "scoring_memory", scoring_memory);
  record(pass.trace, "fg_score", encoded.scores);
  record(pass.trace, "fg_score_masked", selection.score);
  record(pass.trace, "focus_token_nums", selection.foreground_counts);
  if (pass.trace) {
    std::vector<int64_t> counts;
    for (const auto& kept : selection.kept) counts.push_back(kept.indices.size(1));
    record(pass.trace, "layer_token_counts", at::tensor(counts, at::kLong));
  }
  return encoded;
}

}  // namespace focus::models
