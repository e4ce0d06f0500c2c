#include "models/encoders/sparse_tokens.h"

#include "base/profile.h"
#include "nn/rows.h"

namespace focus::models {

SparseTokens::SparseTokens(torch::nn::Module& transformer, std::shared_ptr<OutputMemory> output_memory,
                           const TransformerOptions& options, const SparseOptions& sparse)
    : sparse_(sparse),
      output_memory_(std::move(output_memory)),
      scorer_(
          transformer.register_module("enc_mask_predictor", std::make_shared<TokenScorer>(options.width))),
      encoder_(transformer.register_module("encoder", std::make_shared<DeformableEncoder>(options))) {}

int64_t SparseTokens::encoder_heads() const {
  return sparse_.encoder_heads ? static_cast<int64_t>(encoder_->size()) - 1 : 0;
}

Encoded SparseTokens::forward(const Tokens& tokens, const Heads& heads, const Pass& pass) const {
  ProfileScope stage("scorer");
  Encoded encoded;
  encoded.proposals = token_proposals(tokens);
  const auto scoring_memory = output_memory_->forward(tokens.features + tokens.position, *encoded.proposals);
  encoded.scores = scorer_->forward(scoring_memory).squeeze(-1);
  const auto selection =
      select_tokens(encoded.scores, tokens.padded ? tokens.padding_mask : at::Tensor(), sparse_.keep_ratio,
                    {1.0}, pass.trace ? TokenOrder::kScore : TokenOrder::kRaster);
  const auto& kept = selection.kept.front();
  encoded.counts = selection.foreground_counts;

  stage.next("encoder");
  const bool teach = pass.training && sparse_.encoder_heads;
  const auto box_logits = teach ? nn::gather_rows(encoded.proposals->logits, kept.indices) : at::Tensor();
  encoded.memory = encoder_->forward(tokens, &kept, [&](size_t layer, const at::Tensor& updated) {
    record(pass.trace, "enc" + std::to_string(layer) + "_out", updated);
    if (!teach || layer + 1 == encoder_->size()) return;
    encoded.layers.push_back(heads.predict_tokens(heads.of_encoder_layer(layer), updated, box_logits));
  });
  stage.end();

  record(pass.trace, "scoring_memory", scoring_memory);
  record(pass.trace, "fg_score", encoded.scores);
  record(pass.trace, "fg_score_masked", selection.score);
  record(pass.trace, "focus_token_nums", selection.foreground_counts);
  record(pass.trace, "fg_inds0", kept.indices);
  return encoded;
}

MakeTokenEncoder sparse_tokens(const TransformerOptions& options, const SparseOptions& sparse) {
  return [options, sparse](torch::nn::Module& transformer, const auto& output_memory) {
    return std::make_unique<SparseTokens>(transformer, output_memory(), options, sparse);
  };
}

}  // namespace focus::models
