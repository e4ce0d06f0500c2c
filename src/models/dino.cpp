#include "models/dino.h"

#include "base/profile.h"
#include "models/encoders/all_tokens.h"

namespace focus::models {
namespace {

/// Moves the first queries of each layer, the denoising ones, to `output.denoising`.
void split_denoising(nn::DetectorOutput& output, const DenoisingQueries& noised) {
  const int64_t count = noised.groups * noised.group_size;
  output.denoising = nn::DenoisingOutput{{}, noised.groups, noised.group_size};
  for (auto& layer : output.layers) {
    output.denoising->layers.push_back({layer.logits.slice(1, 0, count), layer.boxes.slice(1, 0, count)});
    layer = {layer.logits.slice(1, count), layer.boxes.slice(1, count)};
  }
}

}  // namespace

DinoFamily::DinoFamily(const DetectorOptions& options, const MakeTokenEncoder& make_encoding)
    : MultiScaleDetector(options) {
  const auto& o = options.transformer;
  transformer_ = register_module("transformer", std::make_shared<Transformer>(o, make_encoding));
  heads_ = Heads::make(options, o.decoder_layers + 1 + transformer_->token_encoder().encoder_heads());
  register_module("class_embed", heads_.classes);
  register_module("bbox_embed", heads_.boxes);
  label_enc_ = register_module("label_enc", std::make_shared<nn::Embedding>(options.classes, o.width));
}

nn::DetectorOutput DinoFamily::detect(const Tokens& tokens, const std::vector<nn::Target>* targets,
                                      const Pass& pass) {
  std::optional<DenoisingQueries> noised;
  Transformer::DenoisingFactory denoising;
  if (pass.training && targets) {
    denoising = [&](int64_t proposals) {
      return noised = make_denoising_queries(*targets, options_.denoising, label_enc_->weight, proposals,
                                             *random_);
    };
  }
  const auto result = transformer_->forward(tokens, heads_, denoising, pass);

  const ProfileScope stage("heads");
  nn::DetectorOutput output;
  add_encoded(output, result.encoded, result.attention);
  if (pass.all_layers) {
    output.proposals = {(*heads_.classes)[heads_.of_proposals()].forward(result.proposal_features),
                        result.proposal_boxes};
  }
  const size_t layers = result.decoder.states.size();
  for (size_t l = pass.all_layers ? 0 : layers - 1; l < layers; ++l) {
    // Look forward twice (DINO, section 3.5): the gradient of a layer's boxes reaches the layer before it.
    const auto& reference = l == 0 ? result.initial_references : result.decoder.references[l - 1];
    output.layers.push_back(heads_.predict(heads_.of_layer(l), result.decoder.states[l], reference));
  }
  if (noised) split_denoising(output, *noised);
  return output;
}

Dino::Dino(const DetectorOptions& options) : DinoFamily(options, all_tokens(options.transformer)) {}

}  // namespace focus::models
