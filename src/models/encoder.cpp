#include "models/encoder.h"

#include <algorithm>

#include "base/error.h"
#include "base/profile.h"
#include "nn/rows.h"

namespace focus::models {

EncoderLayer::EncoderLayer(const TransformerOptions& options, int64_t fine_grained_tokens)
    : TransformerLayer(options, 2),
      fine_grained_tokens_(fine_grained_tokens),
      fine_grained_norm_(register_module("norm2", std::make_shared<nn::LayerNorm>(options.width))) {}

at::Tensor EncoderLayer::attend_fine_grained(const Input& input, Trace* trace, const std::string& prefix,
                                             bool fixed_top_k) const {
  // Logits, not probabilities, as in the reference: two negatives make a positive.
  const auto score = input.category_score * input.foreground_score;
  const int64_t count = std::min(fine_grained_tokens_, score.size(1));
  if (fixed_top_k && count < fine_grained_tokens_) {
    fail("picture too small: {} tokens kept, {} fine-grained tokens wanted (quirk fixed_top_k)", count,
         fine_grained_tokens_);
  }
  const auto [best, chosen] = score.topk(count, 1);
  record(trace, prefix + "mc_score_all", score);
  record(trace, prefix + "mc_score_sel", best);
  record(trace, prefix + "local_idx", chosen);
  const auto attended =
      self_attention_->forward(nn::gather_rows(input.query, chosen), nn::gather_rows(input.position, chosen));
  return nn::replace_rows(input.query, chosen, fine_grained_norm_->forward(attended));
}

at::Tensor EncoderLayer::forward(const Input& input, const Tokens& tokens, Trace* trace,
                                 const std::string& prefix, bool fixed_top_k) const {
  auto x = attend_fine_grained(input, trace, prefix, fixed_top_k);
  const auto values = deformable_attention_->project(tokens.features, tokens.value_mask());
  x = deformable_attention_->forward(x, input.position, values, input.reference_points, tokens.levels);
  return norm(1, feedforward_->forward(norm(0, x)));
}

Encoder::Encoder(const TransformerOptions& options, const FocusOptions& focus)
    : layers_(register_module("layers", std::make_shared<nn::ModuleList<EncoderLayer>>())) {
  for (int64_t i = 0; i < options.encoder_layers; ++i) layers_->emplace(options, focus.fine_grained_tokens);
}

void Encoder::set_fine_grained_tokens(int64_t count) {
  for (auto& layer : *layers_) layer->set_fine_grained_tokens(count);
}

at::Tensor Encoder::forward(const Tokens& tokens, const TokenSelection& selection,
                            const nn::Linear& category_head, Trace* trace, bool fixed_top_k) const {
  const auto reference_points = token_reference_points(tokens).flatten(2);
  auto memory = at::GradMode::is_enabled() ? tokens.features : tokens.features.clone();
  for (size_t l = 0; l < layers_->size(); ++l) {
    const ProfileScope span("layer", static_cast<int64_t>(l));
    const auto& kept = selection.kept[l];
    const std::string prefix = "oesm" + std::to_string(l) + "_";
    EncoderLayer::Input input;
    input.query = nn::gather_rows(memory, kept);
    input.position = nn::gather_rows(tokens.position, kept);
    input.reference_points =
        nn::gather_rows(reference_points, kept).view({kept.size(0), kept.size(1), -1, 2});
    input.foreground_score = selection.score.gather(1, kept);
    {
      at::NoGradGuard no_grad;  // Only an order is taken from it.
      input.category_score = std::get<0>(category_head.forward(input.query).max(-1));
    }
    auto updated = (*layers_)[l].forward(input, tokens, trace, prefix, fixed_top_k);
    record(trace, "enc" + std::to_string(l) + "_out", updated);
    // A picture with fewer foreground tokens than the batch's most writes back only as many as it has.
    if (const auto& counted = selection.counted[l]; counted.defined()) {
      updated = at::where(counted.unsqueeze(-1), updated, nn::gather_rows(memory, kept));
    }
    memory = nn::replace_rows(memory, kept, updated);

    record(trace, "fg_inds" + std::to_string(l), kept);
    if (trace) record(trace, prefix + "token_idx", kept.gather(1, trace->tensors.at(prefix + "local_idx")));
  }
  return memory;
}

}  // namespace focus::models
