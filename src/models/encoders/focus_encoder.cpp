#include "models/encoders/focus_encoder.h"

#include <algorithm>
#include <tuple>

#include "base/error.h"
#include "base/profile.h"
#include "nn/recompute.h"
#include "nn/rows.h"

namespace focus::models {

FocusEncoderLayer::FocusEncoderLayer(const TransformerOptions& options, const FocusOptions& focus)
    : FocusEncoderLayer(options, focus,
                        focus.dual_attention
                            ? std::make_shared<nn::SelfAttention>(options.width, options.heads)
                            : nullptr) {}

FocusEncoderLayer::FocusEncoderLayer(const TransformerOptions& options, const FocusOptions& focus,
                                     const std::shared_ptr<nn::SelfAttention>& self_attention)
    : DeformableEncoderLayer(options, self_attention),
      fine_grained_tokens_(focus.fine_grained_tokens),
      self_attention_(self_attention) {
  if (!self_attention) return;
  fine_grained_norm_ = register_module("norm2", std::make_shared<nn::LayerNorm>(options.width));
}

at::Tensor FocusEncoderLayer::attend_fine_grained(const Input& input, const Pass& pass,
                                                  const std::string& prefix) const {
  // Logits, not probabilities, as in the reference, although the product of two negative ones is positive.
  const auto score =
      input.category_score.defined() ? input.category_score * input.foreground_score : input.foreground_score;
  const int64_t count = std::min(fine_grained_tokens_, score.size(1));
  if (pass.fixed_top_k && count < fine_grained_tokens_) {
    fail("image too small: {} tokens kept, {} fine-grained tokens wanted (quirk fixed_top_k)", count,
         fine_grained_tokens_);
  }
  const auto [best, chosen] = score.topk(count, 1);
  record(pass.trace, prefix + "mc_score_all", score);
  record(pass.trace, prefix + "mc_score_sel", best);
  record(pass.trace, prefix + "local_idx", chosen);
  const auto attended =
      self_attention_->forward(nn::gather_rows(input.query, chosen), nn::gather_rows(input.position, chosen));
  return nn::replace_normed_rows(input.query, chosen, attended, *fine_grained_norm_);
}

at::Tensor FocusEncoderLayer::forward(const Input& input, const Tokens& tokens, const Pass& pass,
                                      const std::string& prefix) const {
  const auto query = self_attention_ ? attend_fine_grained(input, pass, prefix) : input.query;
  return update(query, input.position, input.reference_points, tokens.features, tokens);
}

FocusEncoder::FocusEncoder(const TransformerOptions& options, const FocusOptions& focus)
    : choose_by_category_(focus.dual_attention && focus.category_score),
      layers_(register_module("layers", std::make_shared<nn::ModuleList<FocusEncoderLayer>>())) {
  for (int64_t i = 0; i < options.encoder_layers; ++i) layers_->emplace(options, focus);
}

void FocusEncoder::set_choice(const FocusOptions& focus) {
  choose_by_category_ = focus.dual_attention && focus.category_score;
  for (auto& layer : *layers_) layer->set_fine_grained_tokens(focus.fine_grained_tokens);
}

at::Tensor FocusEncoder::forward(const Tokens& tokens, const TokenSelection& selection,
                                 const nn::Linear& category_head, const Pass& pass) const {
  const auto reference_points = token_reference_points(tokens).flatten(2);
  auto memory = at::GradMode::is_enabled() ? tokens.features : tokens.features.clone();
  for (size_t l = 0; l < layers_->size(); ++l) {
    const ProfileScope span("layer", static_cast<int64_t>(l));
    const auto& kept = selection.kept[l].indices;
    const std::string prefix = "oesm" + std::to_string(l) + "_";
    FocusEncoderLayer::Input input;
    input.query = nn::gather_rows(memory, kept);
    input.position = nn::gather_rows(tokens.position, kept);
    input.reference_points =
        nn::gather_rows(reference_points, kept).view({kept.size(0), kept.size(1), -1, 2});
    input.foreground_score = selection.score.gather(1, kept);
    if (choose_by_category_) {
      at::NoGradGuard no_grad;  // Only the ranking is used.
      input.category_score = std::get<0>(category_head.forward(input.query).max(-1));
    }
    auto update = [&layer = (*layers_)[l], input, tokens = Tokens(tokens), pass,
                   prefix](at::TensorList in) mutable {
      std::tie(input.query, input.position, tokens.features) = std::tie(in[0], in[1], in[2]);
      return layer.forward(input, tokens, pass, prefix);
    };
    // Recomputation would record the layer twice.
    const at::Tensor inputs[] = {input.query, input.position, tokens.features};
    const auto updated = pass.trace ? update(inputs) : nn::recomputed(update, inputs);
    record(pass.trace, "enc" + std::to_string(l) + "_out", updated);
    memory = write_back(memory, selection.kept[l], updated);

    record(pass.trace, "fg_inds" + std::to_string(l), kept);
    if (pass.trace && pass.trace->tensors.count(prefix + "local_idx") > 0) {
      record(pass.trace, prefix + "token_idx", kept.gather(1, pass.trace->tensors.at(prefix + "local_idx")));
    }
  }
  return memory;
}

}  // namespace focus::models
