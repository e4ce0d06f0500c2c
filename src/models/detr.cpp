#include "models/detr.h"

#include "base/profile.h"
#include "models/tokens.h"
#include "nn/macs.h"
#include "nn/position_embedding.h"
#include "nn/reference_path.h"
#include "ops/packed_convolution.h"

namespace focus::models {

/// A 1x1 convolution, as a linear layer over channels: its weight has the shape of a convolution's.
class Detr::Projection : public torch::nn::Module {
 public:
  Projection(int64_t in, int64_t out) {
    weight_ = at::empty({out, in, 1, 1});
    nn::xavier_uniform_(weight_);
    weight_ = register_parameter("weight", weight_);
    bias_ = register_parameter("bias", at::zeros({out}));
  }
  /// (B, C, H, W), or as a prepared backbone leaves it -> (B, out, H, W)
  at::Tensor forward(const at::Tensor& x) const {
    const bool own_form = x.dim() == 5 || x.scalar_type() != weight_.scalar_type();
    const auto plain = own_form ? ops::unblock(x, weight_.size(1)) : x;
    return nn::counted(at::conv2d(plain, weight_, bias_), weight_);
  }

 private:
  at::Tensor weight_, bias_;
};

Detr::Detr(const DetectorOptions& options) : Detector(options) {
  const auto& o = options.transformer;
  input_proj_ =
      register_module("input_proj", std::make_shared<Projection>(backbone_->channels().back(), o.width));
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
  const auto map = input_proj_->forward(feature);
  const auto mask = level_padding_mask(padding.mask, map.size(2), map.size(3));
  const nn::SineEncoding encode{o.width, o.position_temperature, o.position_offset};
  const auto position =
      padding.any ? encode(mask) : encode(map.size(0), map.size(2), map.size(3), map.device());
  PlainTokens tokens;
  tokens.features = map.flatten(2).transpose(1, 2);
  tokens.position = position.flatten(2).transpose(1, 2);
  if (padding.any) tokens.blocked = mask.flatten(1).unsqueeze(1).unsqueeze(1);
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
  if (trace) {
    std::vector<at::Tensor> boxes;
    for (size_t l = 0; l < output.layers.size(); ++l) {
      record(trace, "outputs_class" + std::to_string(l), output.layers[l].logits);
      boxes.push_back(output.layers[l].boxes);
    }
    record(trace, "outputs_coord", at::stack(boxes));
  }
  return output;
}

}  // namespace focus::models
