#include "models/decoders/decoder.h"

#include "base/profile.h"
#include "nn/position_embedding.h"
#include "nn/recompute.h"

namespace focus::models {

DecoderLayer::DecoderLayer(const TransformerOptions& options)
    : TransformerLayer(options, 3),
      self_attention_(add_self_attention(options)),
      deformable_attention_(add_deformable_attention(options)) {}

at::Tensor DecoderLayer::forward(const at::Tensor& query, const at::Tensor& position,
                                 const at::Tensor& memory, const Tokens& tokens, const at::Tensor& references,
                                 const at::Tensor& attention_mask, nn::SampledPoints* seen) const {
  auto x = norm(0, self_attention_->forward(query, position, attention_mask));
  const auto values = deformable_attention_->project(memory, tokens.value_mask());
  x = norm(1, deformable_attention_->forward(x, position, values, references, tokens.levels, seen));
  return norm(2, feedforward_->forward(x));
}

Decoder::Decoder(const TransformerOptions& options)
    : layers_(register_module("layers", std::make_shared<nn::ModuleList<DecoderLayer>>())) {
  for (int64_t i = 0; i < options.decoder_layers; ++i) layers_->emplace(options);
}

at::Tensor Decoder::place(const at::Tensor&, const Input& input) const { return input.position; }

Decoder::Output Decoder::forward(const Input& input, const Tokens& tokens, const Heads* heads,
                                 DecoderAttention* attention, Trace* trace) const {
  const auto ratios_of_points = tokens.valid_ratios.unsqueeze(1);  // B, 1, L, 2
  const auto ratios_of_boxes = at::cat({ratios_of_points, ratios_of_points}, -1);
  auto query = input.query, references = input.references;
  Output output;
  for (size_t l = 0; l < layers_->size(); ++l) {
    const ProfileScope span("layer", static_cast<int64_t>(l));
    const auto placed =
        references.unsqueeze(2) * (references.size(-1) == 4 ? ratios_of_boxes : ratios_of_points);
    const auto position = place(placed.select(2, 0), input);
    nn::SampledPoints points;
    auto* seen = attention || trace ? &points : nullptr;
    const auto update = [&layer = (*layers_)[l], tokens, attention_mask = input.attention_mask,
                         seen](at::TensorList in) {
      return layer.forward(in[0], in[1], in[2], tokens, in[3], attention_mask, seen);
    };
    const at::Tensor inputs[] = {query, position, input.memory, placed};
    // A recomputed layer would not record what it sampled.
    query = seen ? update(inputs) : nn::recomputed(update, inputs);
    if (attention) attention->add(points);
    record(trace, "dec" + std::to_string(l) + "_locations", points.locations);
    record(trace, "dec" + std::to_string(l) + "_weights", points.weights);
    output.states.push_back(finish(query));
    if (heads) {
      const auto refined =
          refined_boxes((*heads->boxes)[heads->of_layer(l)], query, references, heads->reference_eps);
      output.references.push_back(refined);
      references = refined.detach();
    } else {
      output.references.push_back(references);
    }
    record(trace, "dec" + std::to_string(l) + "_out", query);
  }
  return output;
}

DinoDecoder::DinoDecoder(const TransformerOptions& o)
    : Decoder(o),
      ref_point_head_(
          register_module("ref_point_head", std::make_shared<nn::Mlp>(2 * o.width, o.width, o.width, 2))),
      norm_(register_module("norm", std::make_shared<nn::LayerNorm>(o.width))) {}

at::Tensor DinoDecoder::place(const at::Tensor& references, const Input& input) const {
  return ref_point_head_->forward(nn::sine_box_embedding(references, input.query.size(-1) / 2));
}

}  // namespace focus::models
