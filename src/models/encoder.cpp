#include "models/encoder.h"

#include <algorithm>

#include "base/error.h"

namespace focus::models {
namespace {

/// Rows of (B, S, ...) at indices (B, n): (B, n, ...).
at::Tensor gather_rows(const at::Tensor& x, const at::Tensor& indices) {
  return x.gather(1, indices.unsqueeze(-1).expand({-1, -1, x.size(2)}));
}

at::Tensor scatter_rows(const at::Tensor& x, const at::Tensor& indices, const at::Tensor& rows) {
  return x.scatter(1, indices.unsqueeze(-1).expand_as(rows), rows);
}

}  // namespace

EncoderLayer::EncoderLayer(const TransformerOptions& o, int64_t fine_grained_tokens)
    : fine_grained_tokens_(fine_grained_tokens) {
  auto attentions = register_module("attentions", std::make_shared<nn::ModuleList<torch::nn::Module>>());
  self_attention_ = std::make_shared<nn::SelfAttention>(o.width, o.heads);
  deformable_attention_ = std::make_shared<nn::DeformableAttention>(o.width, o.heads, o.levels, o.points);
  attentions->append(self_attention_);
  attentions->append(deformable_attention_);
  auto ffns = register_module("ffns", std::make_shared<nn::ModuleList<nn::FeedForward>>());
  feedforward_ = std::make_shared<nn::FeedForward>(o.width, o.feedforward_width);
  ffns->append(feedforward_);
  auto norms = register_module("norms", std::make_shared<nn::ModuleList<nn::LayerNorm>>());
  attention_norm_ = std::make_shared<nn::LayerNorm>(o.width);
  feedforward_norm_ = std::make_shared<nn::LayerNorm>(o.width);
  norms->append(attention_norm_);
  norms->append(feedforward_norm_);
  fine_grained_norm_ = register_module("norm2", std::make_shared<nn::LayerNorm>(o.width));
}

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
      self_attention_->forward(gather_rows(input.query, chosen), gather_rows(input.position, chosen));
  return scatter_rows(input.query, chosen, fine_grained_norm_->forward(attended));
}

at::Tensor EncoderLayer::forward(const Input& input, const Tokens& tokens, Trace* trace, const std::string& prefix,
                                 bool fixed_top_k) const {
  auto x = attend_fine_grained(input, trace, prefix, fixed_top_k);
  const auto values = deformable_attention_->project(tokens.features, tokens.padding_mask);
  x = deformable_attention_->forward(x, input.position, values, input.reference_points, tokens.levels);
  return feedforward_norm_->forward(feedforward_->forward(attention_norm_->forward(x)));
}

Encoder::Encoder(const TransformerOptions& options, const FocusOptions& focus)
    : layers_(register_module("layers", std::make_shared<nn::ModuleList<EncoderLayer>>())) {
  for (int64_t i = 0; i < options.encoder_layers; ++i) layers_->emplace(options, focus.fine_grained_tokens);
}

at::Tensor Encoder::forward(const Tokens& tokens, const TokenSelection& selection, const nn::Linear& category_head,
                            Trace* trace, bool fixed_top_k) const {
  const auto reference_points = token_reference_points(tokens).flatten(2);
  auto memory = tokens.features;
  for (size_t l = 0; l < layers_->size(); ++l) {
    const auto& kept = selection.kept[l];
    const std::string prefix = "oesm" + std::to_string(l) + "_";
    EncoderLayer::Input input;
    input.query = gather_rows(memory, kept);
    input.position = gather_rows(tokens.position, kept);
    input.reference_points = gather_rows(reference_points, kept).view({kept.size(0), kept.size(1), -1, 2});
    input.foreground_score = selection.score.gather(1, kept);
    {
      at::NoGradGuard no_grad;  // Only an order is taken from it.
      input.category_score = std::get<0>(category_head.forward(input.query).max(-1));
    }
    const auto updated = (*layers_)[l].forward(input, tokens, trace, prefix, fixed_top_k);
    // A picture with fewer foreground tokens than the batch's most writes back only as many as it has.
    const auto row = at::arange(kept.size(1), kept.options()).view({1, -1, 1});
    const auto counted = row.lt(selection.foreground_counts.view({-1, 1, 1}));
    memory = scatter_rows(memory, kept, at::where(counted, updated, input.query));

    record(trace, "fg_inds" + std::to_string(l), kept);
    record(trace, "enc" + std::to_string(l) + "_out", updated);
    if (trace) record(trace, prefix + "token_idx", kept.gather(1, trace->tensors.at(prefix + "local_idx")));
  }
  return memory;
}

}  // namespace focus::models
