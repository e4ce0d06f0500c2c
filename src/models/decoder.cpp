#include "models/decoder.h"

#include "base/profile.h"
#include "nn/box_ops.h"
#include "nn/position_embedding.h"

namespace focus::models {

at::Tensor DecoderLayer::forward(const at::Tensor& query, const at::Tensor& position,
                                 const at::Tensor& memory, const Tokens& tokens,
                                 const at::Tensor& reference_boxes, const at::Tensor& blocked) const {
  auto x = norm(0, self_attention_->forward(query, position, blocked));
  const auto values = deformable_attention_->project(memory, tokens.value_mask());
  x = norm(1, deformable_attention_->forward(x, position, values, reference_boxes, tokens.levels));
  return norm(2, feedforward_->forward(x));
}

Decoder::Decoder(const TransformerOptions& o)
    : layers_(register_module("layers", std::make_shared<nn::ModuleList<DecoderLayer>>())),
      ref_point_head_(
          register_module("ref_point_head", std::make_shared<nn::Mlp>(2 * o.width, o.width, o.width, 2))),
      norm_(register_module("norm", std::make_shared<nn::LayerNorm>(o.width))) {
  for (int64_t i = 0; i < o.decoder_layers; ++i) layers_->emplace(o);
}

Decoder::Output Decoder::forward(at::Tensor query, at::Tensor references, const at::Tensor& memory,
                                 const Tokens& tokens, const at::Tensor& blocked,
                                 nn::ModuleList<nn::Mlp>& box_heads, Trace* trace) const {
  const auto valid_ratios =
      at::cat({tokens.valid_ratios, tokens.valid_ratios}, -1).unsqueeze(1);  // B, 1, L, 4
  Output output;
  for (size_t l = 0; l < layers_->size(); ++l) {
    const ProfileScope span("layer", static_cast<int64_t>(l));
    const auto reference_boxes = references.unsqueeze(2) * valid_ratios;
    const auto position =
        ref_point_head_->forward(nn::sine_box_embedding(reference_boxes.select(2, 0), query.size(-1) / 2));
    query = (*layers_)[l].forward(query, position, memory, tokens, reference_boxes, blocked);
    const auto refined = at::sigmoid(box_heads[l].forward(query) + nn::inverse_sigmoid(references));
    output.states.push_back(norm_->forward(query));
    output.references.push_back(refined);
    references = refined.detach();
    record(trace, "dec" + std::to_string(l) + "_out", query);
  }
  return output;
}

}  // namespace focus::models
