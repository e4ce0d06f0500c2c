#include "models/detr_transformer.h"

#include "base/profile.h"
#include "nn/recompute.h"

namespace focus::models {
namespace {

/// Holds layers as "layers.0", ..., and the other modules of the encoder or decoder.
class LayerStack : public torch::nn::Module {
 public:
  template <typename Layer>
  std::shared_ptr<nn::ModuleList<Layer>> add_layers(const TransformerOptions& options, int64_t count) {
    auto layers = register_module("layers", std::make_shared<nn::ModuleList<Layer>>());
    for (int64_t i = 0; i < count; ++i) layers->emplace(options);
    return layers;
  }
};

}  // namespace

DetrEncoderLayer::DetrEncoderLayer(const TransformerOptions& options)
    : TransformerLayer(options, 2), self_attention_(add_self_attention(options)) {}

at::Tensor DetrEncoderLayer::forward(const PlainTokens& tokens) const {
  const auto x = norm(0, self_attention_->forward(tokens.features, tokens.position, tokens.attention_mask));
  return norm(1, feedforward_->forward(x));
}

DetrDecoderLayer::DetrDecoderLayer(const TransformerOptions& options)
    : TransformerLayer(options, 3),
      self_attention_(add_self_attention(options)),
      cross_attention_(add_attention(std::make_shared<nn::CrossAttention>(options.width, options.heads))) {}

at::Tensor DetrDecoderLayer::forward(const at::Tensor& query, const at::Tensor& position,
                                     const PlainTokens& memory) const {
  auto x = norm(0, self_attention_->forward(query, position));
  x = norm(1,
           cross_attention_->forward(x, position, memory.features, memory.position, memory.attention_mask));
  return norm(2, feedforward_->forward(x));
}

DetrTransformer::DetrTransformer(const TransformerOptions& o) {
  encoder_ = register_module("encoder", std::make_shared<LayerStack>())
                 ->add_layers<DetrEncoderLayer>(o, o.encoder_layers);
  auto decoder = register_module("decoder", std::make_shared<LayerStack>());
  decoder_ = decoder->add_layers<DetrDecoderLayer>(o, o.decoder_layers);
  norm_ = decoder->register_module("norm", std::make_shared<nn::LayerNorm>(o.width));
  for (auto& parameter : parameters()) {
    if (parameter.dim() > 1) nn::xavier_uniform_(parameter);
  }
}

std::vector<at::Tensor> DetrTransformer::forward(PlainTokens tokens, const at::Tensor& positions,
                                                 Trace* trace) const {
  ProfileScope stage("encoder");
  for (size_t l = 0; l < encoder_->size(); ++l) {
    const ProfileScope span("layer", static_cast<int64_t>(l));
    tokens.features = nn::recomputed(
        [&layer = (*encoder_)[l], tokens](at::TensorList in) mutable {
          tokens.features = in[0];
          return layer.forward(tokens);
        },
        {tokens.features});
    record(trace, "enc" + std::to_string(l) + "_out", tokens.features);
  }
  record(trace, "memory", tokens.features);

  stage.next("decoder");
  const auto position = positions.unsqueeze(0).expand({tokens.features.size(0), -1, -1});
  auto query = at::zeros_like(position);
  std::vector<at::Tensor> states;
  for (size_t l = 0; l < decoder_->size(); ++l) {
    const ProfileScope span("layer", static_cast<int64_t>(l));
    query = nn::recomputed(
        [&layer = (*decoder_)[l], tokens](at::TensorList in) mutable {
          tokens.features = in[2];
          return layer.forward(in[0], in[1], tokens);
        },
        {query, position, tokens.features});
    record(trace, "dec" + std::to_string(l) + "_out", query);
    states.push_back(norm_->forward(query));
  }
  return states;
}

}  // namespace focus::models
