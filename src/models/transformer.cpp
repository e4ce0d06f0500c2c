#include "models/transformer.h"

#include <algorithm>

#include "base/error.h"
#include "base/profile.h"
#include "nn/rows.h"

namespace focus::models {

Transformer::Transformer(const FocusDetrOptions& options) : options_(options) {
  const auto& o = options.transformer;
  alpha_ = register_parameter("alpha", at::empty({o.levels - 1}).uniform_(-0.3, 0.3));
  level_embeds_ = register_parameter("level_embeds", at::empty({o.levels, o.width}));
  encoder_ = register_module("encoder", std::make_shared<Encoder>(o, options.focus));
  decoder_ = register_module("decoder", std::make_shared<Decoder>(o));
  if (o.learnt_queries)
    tgt_embed_ = register_module("tgt_embed", std::make_shared<nn::Embedding>(o.queries, o.width));
  enc_output_ = register_module("enc_output", std::make_shared<nn::Linear>(o.width, o.width));
  enc_output_norm_ = register_module("enc_output_norm", std::make_shared<nn::LayerNorm>(o.width));
  scorer_ = register_module("enc_mask_predictor", std::make_shared<TokenScorer>(o.width));

  for (auto& parameter : parameters()) {
    if (parameter.dim() > 1) nn::xavier_uniform_(parameter);
  }
  for (auto& module : modules(/*include_self=*/false)) {
    if (auto* attention = module->as<nn::DeformableAttention>()) attention->reset_parameters();
  }
  at::NoGradGuard no_grad;
  level_embeds_.normal_();
}

at::Tensor Transformer::output_memory(const at::Tensor& memory, const TokenProposals& proposals) const {
  return enc_output_norm_->forward(
      enc_output_->forward(memory.masked_fill(proposals.unusable.unsqueeze(-1), 0.0)));
}

void Transformer::set_focus(const FocusOptions& focus) {
  options_.focus = focus;
  encoder_->set_fine_grained_tokens(focus.fine_grained_tokens);
}

Transformer::Output Transformer::forward(const Tokens& tokens, const Heads& heads,
                                         const DenoisingFactory& denoising, Trace* trace) {
  const bool fixed_top_k = options_.quirks.fixed_top_k;
  ProfileScope stage("scorer");
  const auto proposals = token_proposals(tokens);
  Output output;

  const auto scoring_memory = output_memory(tokens.features + tokens.position, proposals);
  output.foreground_logits = scorer_->score(scoring_memory, tokens.shapes, alpha_);
  const auto selection = select_tokens(output.foreground_logits, tokens.padding_mask, options_.focus,
                                       trace ? TokenOrder::kScore : TokenOrder::kRaster);

  stage.next("encoder");
  nn::Linear& category_head = (*heads.classes)[heads.classes->size() - 1];
  const auto memory = encoder_->forward(tokens, selection, category_head, trace, fixed_top_k);

  stage.next("proposals");
  // Two-stage: the most confident tokens become queries.
  const auto features = output_memory(memory, proposals);
  const auto confidence = [&] {
    at::NoGradGuard no_grad;  // Only an order is taken from it.
    return std::get<0>(category_head.forward(features).max(-1));
  }();
  const int64_t count = std::min(options_.transformer.queries, confidence.size(1));
  if (fixed_top_k && count < options_.transformer.queries) {
    fail("picture too small: {} tokens, {} proposals wanted (quirk fixed_top_k)", count,
         options_.transformer.queries);
  }
  const auto best = std::get<1>(confidence.topk(count, 1));
  output.proposal_features = nn::gather_rows(features, best);
  const auto proposal_logits = (*heads.boxes)[heads.boxes->size() - 1].forward(output.proposal_features) +
                               nn::gather_rows(proposals.logits, best);
  output.proposal_boxes = proposal_logits.sigmoid();

  auto references = output.proposal_boxes.detach();
  auto query = tgt_embed_
                   ? tgt_embed_->weight.slice(0, 0, count).unsqueeze(0).expand({references.size(0), -1, -1})
                   : output.proposal_features.detach();
  at::Tensor blocked;
  if (const auto noised = denoising ? denoising(count) : std::nullopt) {
    references = at::cat({noised->reference_logits.sigmoid(), references}, 1);
    query = at::cat({noised->content, query}, 1);
    blocked = noised->attention_mask;
  }
  output.initial_references = references;
  stage.next("decoder");
  output.decoder = decoder_->forward(query, references, memory, tokens, blocked, *heads.boxes, trace);
  stage.end();

  record(trace, "scoring_memory", scoring_memory);
  record(trace, "fg_score", output.foreground_logits);
  record(trace, "fg_score_masked", selection.score);
  record(trace, "focus_token_nums", selection.foreground_counts);
  record(trace, "memory", memory);
  record(trace, "output_memory", features);
  record(trace, "output_proposals", proposals.logits);
  record(trace, "enc_class_max", confidence);
  record(trace, "enc_topk_idx", best);
  record(trace, "enc_reference_points", token_reference_points(tokens));
  record(trace, "enc_ref_sigmoid", output.proposal_boxes);
  record(trace, "enc_state", output.proposal_features);
  record(trace, "init_reference", references);
  if (trace) {
    std::vector<int64_t> counts;
    for (const auto& kept : selection.kept) counts.push_back(kept.size(1));
    record(trace, "layer_token_counts", at::tensor(counts, at::kLong));
    record(trace, "valid_token_nums", tokens.padding_mask.logical_not().sum(1));
    record(trace, "inter_states", at::stack(output.decoder.states));
    record(trace, "inter_references", at::stack(output.decoder.references));
  }
  return output;
}

}  // namespace focus::models
