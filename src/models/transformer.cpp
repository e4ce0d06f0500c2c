#include "models/transformer.h"

#include <algorithm>

#include "base/error.h"
#include "base/profile.h"
#include "nn/reference_path.h"
#include "nn/rows.h"

namespace focus::models {

void initialise_transformer(torch::nn::Module& transformer, at::Tensor& level_embeds) {
  for (auto& parameter : transformer.parameters()) {
    if (parameter.dim() > 1) nn::xavier_uniform_(parameter);
  }
  for (auto& module : transformer.modules(/*include_self=*/false)) {
    if (auto* attention = module->as<nn::DeformableAttention>()) attention->reset_parameters();
  }
  at::NoGradGuard no_grad;
  level_embeds.normal_();
}

Transformer::Transformer(const TransformerOptions& o, const MakeTokenEncoder& make_encoding) : options_(o) {
  level_embeds_ = register_parameter("level_embeds", at::empty({o.levels, o.width}));
  output_memory_ = std::make_shared<OutputMemory>(*this, o.width);
  token_encoder_ = make_encoding(*this, [this] { return output_memory_; });
  decoder_ = register_module("decoder", std::make_shared<DinoDecoder>(o));
  if (o.learned_queries)
    tgt_embed_ = register_module("tgt_embed", std::make_shared<nn::Embedding>(o.queries, o.width));
  initialise_transformer(*this, level_embeds_);
}

Transformer::Output Transformer::forward(const Tokens& tokens, const Heads& heads,
                                         const DenoisingFactory& denoising, const Pass& pass) const {
  Output output;
  output.encoded = token_encoder_->forward(tokens, heads, pass);
  const auto& memory = output.encoded.memory;

  ProfileScope stage("proposals");
  // Two-stage: the most confident tokens become queries.
  const auto proposals = output.encoded.proposals ? *output.encoded.proposals : token_proposals(tokens);
  // Only the tokens that become queries get gradients, so only those are projected again with autograd on.
  const bool twice = at::GradMode::is_enabled() && !nn::ReferencePath::active();
  const auto features = [&] {
    const at::AutoGradMode with_gradient(!twice && at::GradMode::is_enabled());
    return output_memory_->forward(memory, proposals);
  }();
  const auto confidence = [&] {
    at::NoGradGuard no_grad;  // Only the ranking is used.
    return std::get<0>((*heads.classes)[heads.of_proposals()].forward(features).max(-1));
  }();
  const int64_t count = std::min(options_.queries, confidence.size(1));
  if (pass.fixed_top_k && count < options_.queries) {
    fail("image too small: {} tokens, {} proposals wanted (quirk fixed_top_k)", count, options_.queries);
  }
  const auto best = std::get<1>(confidence.topk(count, 1));
  output.proposal_features =
      twice ? output_memory_->forward(nn::gather_rows(memory, best), proposals.invalid.gather(1, best))
            : nn::gather_rows(features, best);
  const auto proposal_logits = (*heads.boxes)[heads.of_proposals()].forward(output.proposal_features) +
                               nn::gather_rows(proposals.logits, best);
  output.proposal_boxes = proposal_logits.sigmoid();

  Decoder::Input input;
  input.memory = memory;
  input.references = output.proposal_boxes.detach();
  input.query =
      tgt_embed_
          ? tgt_embed_->weight.slice(0, 0, count).unsqueeze(0).expand({input.references.size(0), -1, -1})
          : output.proposal_features.detach();
  int64_t noised_queries = 0;
  if (const auto noised = denoising ? denoising(count) : std::nullopt) {
    noised_queries = noised->groups * noised->group_size;
    input.references = at::cat({noised->reference_logits.sigmoid(), input.references}, 1);
    input.query = at::cat({noised->content, input.query}, 1);
    input.attention_mask = noised->attention_mask;
  }
  output.initial_references = input.references;
  stage.next("decoder");
  DecoderAttention attention(tokens, noised_queries);
  const bool attended = pass.training && token_encoder_->wants_decoder_attention();
  output.decoder = decoder_->forward(input, tokens, &heads, attended ? &attention : nullptr, pass.trace);
  if (attended) output.attention = attention.map();
  stage.end();

  Trace* trace = pass.trace;
  record(trace, "memory", memory);
  record(trace, "output_memory", features);
  record(trace, "output_proposals", proposals.logits);
  record(trace, "enc_class_max", confidence);
  record(trace, "enc_topk_idx", best);
  record(trace, "enc_ref_sigmoid", output.proposal_boxes);
  record(trace, "enc_state", output.proposal_features);
  record(trace, "init_reference", input.references);
  if (trace) {
    record(trace, "inter_states", at::stack(output.decoder.states));
    record(trace, "inter_references", at::stack(output.decoder.references));
  }
  return output;
}

}  // namespace focus::models
