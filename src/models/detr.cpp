#include "models/detr.h"

#include "base/profile.h"
#include "models/tokens.h"
#include "nn/position_embedding.h"
#include "nn/reference_path.h"
#include "ops/packed/packed_convolution.h"

namespace focus::models {

Detr::Detr(const DetectorOptions& options) : Detector(options) {
  const auto& o = options.transformer;
  input_proj_ = register_module(
      "input_proj", std::make_shared<nn::Convolution>(backbone_->channels().back(), o.width, 1, 1));
  query_embed_ = register_module("query_embed", std::make_shared<nn::Embedding>(o.queries, o.width));
  transformer_ = register_module("transformer", std::make_shared<DetrTransformer>(o));
  heads_ = {std::make_shared<nn::ModuleList<nn::Linear>>(), std::make_shared<nn::ModuleList<nn::Mlp>>()};
  heads_.classes->emplace(o.width, options.classes + 1);
  heads_.boxes->emplace(o.width, o.width, 4, 3);
  register_module("class_embed", heads_.classes);
  register_module("bbox_embed", heads_.boxes);
}

nn::DetectorOutput Detr::run(const nn::ImageBatch& batch, const std::vector<nn::Target>*, Trace* trace) {
  const auto padding = padding_of(batch, !is_training() && options_.quirks.ignore_padding_in_eval);
  const auto& o = options_.transformer;
  ProfileScope stage("backbone");
  const auto feature = backbone_->forward(batch.images).back();
  stage.next("neck");
  const auto projected = input_proj_->forward(feature);
  const auto map = projected.dim() == 5 ? ops::unblock(projected, o.width) : projected;
  const auto mask = level_padding_mask(padding.mask, map.size(2), map.size(3));
  const nn::SineEncoding encode{o.width, o.position_temperature, o.position_offset};
  const auto position =
      padding.any ? encode(mask) : encode(map.size(0), map.size(2), map.size(3), map.device());
  PlainTokens tokens;
  tokens.features = map.flatten(2).transpose(1, 2);
  tokens.position = position.flatten(2).transpose(1, 2);
  if (padding.any) tokens.attention_mask = mask.flatten(1).unsqueeze(1).unsqueeze(1);
  stage.end();

  const auto states = transformer_->forward(tokens, query_embed_->weight, trace);

  stage.next("heads");
  nn::DetectorOutput output;
  output.spatial_shapes = {{map.size(2), map.size(3)}};
  const bool all_layers = is_training() || trace || nn::ReferencePath::active();
  for (size_t l = all_layers ? 0 : states.size() - 1; l < states.size(); ++l) {
    output.layers.push_back({(*heads_.classes)[0].forward(states[l]),
                             (*heads_.boxes)[0].forward(states[l]).sigmoid(), nn::ClassScores::kSoftmax});
  }
  stage.end();

  record(trace, "input", batch.images);
  record(trace, "res5", feature);
  record(trace, "neck0", map);
  record(trace, "pos0", position);
  record(trace, "mask0", mask);
  record_predictions(trace, output);
  return output;
}

}  // namespace focus::models
