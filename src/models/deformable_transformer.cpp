#include "models/deformable_transformer.h"

#include "base/profile.h"
#include "models/transformer.h"

namespace focus::models {

DeformableTransformer::DeformableTransformer(const TransformerOptions& o,
                                             const MakeTokenEncoder& make_encoding,
                                             const MakeQueryStart& make_start, bool refines)
    : refines_(refines) {
  level_embeds_ = register_parameter("level_embeds", at::empty({o.levels, o.width}));
  const auto output_memory = [&] {
    if (!output_memory_) output_memory_ = std::make_shared<OutputMemory>(*this, o.width);
    return output_memory_;
  };
  token_encoder_ = make_encoding(*this, output_memory);
  start_ = make_start(*this, output_memory);
  decoder_ = register_module("decoder", std::make_shared<Decoder>(o));
  initialise_transformer(*this, level_embeds_);
}

DeformableTransformer::Output DeformableTransformer::forward(const Tokens& tokens, const Heads& heads,
                                                             const Pass& pass) const {
  Output output;
  output.encoded = token_encoder_->forward(tokens, heads, pass);
  output.started = start_->start(tokens, output.encoded, heads, pass);

  const ProfileScope stage("decoder");
  Decoder::Input input;
  input.query = output.started.content;
  input.position = output.started.position;
  input.references = output.started.references;
  input.memory = output.encoded.memory;
  DecoderAttention attention(tokens);
  const bool attended = pass.training && token_encoder_->wants_decoder_attention();
  output.decoder = decoder_->forward(input, tokens, refines_ ? &heads : nullptr,
                                     attended ? &attention : nullptr, pass.trace);
  if (attended) output.attention = attention.map();

  record(pass.trace, "memory", output.encoded.memory);
  record(pass.trace, "init_reference", input.references);
  if (pass.trace) {
    record(pass.trace, "inter_states", at::stack(output.decoder.states));
    record(pass.trace, "inter_references", at::stack(output.decoder.references));
  }
  return output;
}

}  // namespace focus::models
