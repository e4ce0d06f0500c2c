#include "export/parts/detector_graph.h"

#include <map>

#include "base/error.h"
#include "export/parts/attention.h"
#include "export/parts/backbone.h"
#include "export/parts/position.h"

namespace focus::exporter {
namespace {

/// models::Neck
std::vector<Value> neck_levels(const Part& neck, const std::vector<Value>& features) {
  const auto level = [](const Part& part, const Value& x) {
    return group_norm(part["norm"], convolution(part["conv"], x));
  };
  std::vector<Value> levels;
  const auto convs = neck["convs"], extra = neck["extra_convs"];
  for (int64_t i = 0; i < convs.size(); ++i)
    levels.push_back(level(convs[i], features[static_cast<size_t>(i)]));
  for (int64_t i = 0; i < extra.size(); ++i) {
    levels.push_back(level(extra[i], i == 0 ? features.back() : levels.back()));
  }
  return levels;
}

/// The input of every architecture: the features of the backbone, and the padding.
struct Seen {
  const std::vector<Value>& features;  ///< (B, C, h, w), fine to coarse
  const Value& mask;                   ///< (B, H, W) bool
};

/// The part of models::MultiScaleDetector that makes the tokens.
Tokens tokens_of(const Part& model, const models::DetectorOptions& options, const Seen& seen) {
  return flatten_levels(neck_levels(model["neck"], seen.features), seen.mask,
                        model["transformer"].weight("level_embeds"), options.transformer);
}

Predicted focus_detr_graph(const Part& model, const models::DetectorOptions& options, const Seen& seen) {
  const auto tokens = tokens_of(model, options, seen);
  return decode_dino(model, options, tokens, encode_focused(model, options, tokens));
}

Predicted dino_graph(const Part& model, const models::DetectorOptions& options, const Seen& seen) {
  const auto tokens = tokens_of(model, options, seen);
  return decode_dino(model, options, tokens, encode_all(model, options, tokens));
}

Predicted sparse_dino_graph(const Part& model, const models::DetectorOptions& options, const Seen& seen) {
  const auto tokens = tokens_of(model, options, seen);
  return decode_dino(model, options, tokens, encode_sparse(model, options, tokens));
}

Predicted deformable_detr_graph(const Part& model, const models::DetectorOptions& options, const Seen& seen) {
  const auto tokens = tokens_of(model, options, seen);
  const auto& kind = options.deformable;
  return decode_deformable(
      model, options, tokens, encode_all(model, options, tokens),
      {.refines = kind.box_refinement, .two_stage = kind.two_stage, .proposes_objects = true});
}

Predicted sparse_detr_graph(const Part& model, const models::DetectorOptions& options, const Seen& seen) {
  const auto tokens = tokens_of(model, options, seen);
  return decode_deformable(model, options, tokens, encode_sparse(model, options, tokens),
                           {.refines = true, .two_stage = true, .proposes_objects = false});
}

/// models::Detr
Predicted detr_graph(const Part& model, const models::DetectorOptions& options, const Seen& seen) {
  const auto& o = options.transformer;
  auto& graph = model.graph();
  const auto map = float_of(convolution(model["input_proj"], seen.features.back()));
  const auto padding = level_padding(seen.mask, map);
  const auto position = sine_positions(padding, {o.width, o.position_temperature, o.position_offset});
  const auto attention_mask = unsqueeze(unsqueeze(reshape(padding, {0, -1}), 1), 1);
  const auto transformer = model["transformer"];
  const auto encoder = transformer["encoder"]["layers"], decoder = transformer["decoder"]["layers"];

  auto memory = transpose(reshape(map, {0, o.width, -1}), {0, 2, 1});
  for (int64_t l = 0; l < encoder.size(); ++l) {
    const auto layer = encoder[l], norms = layer["norms"];
    memory = layer_norm(norms[0],
                        self_attention(layer["attentions"][0], o.heads, memory, position, attention_mask));
    memory = layer_norm(norms[1], feed_forward(layer["ffns"][0], memory));
  }
  const auto places = expand(unsqueeze(model["query_embed"].weight("weight"), 0), {size(memory, 0), 1, 1});
  auto query = places * 0.0;
  for (int64_t l = 0; l < decoder.size(); ++l) {
    const auto layer = decoder[l], norms = layer["norms"], attentions = layer["attentions"];
    query = layer_norm(norms[0], self_attention(attentions[0], o.heads, query, places));
    query = layer_norm(
        norms[1], cross_attention(attentions[1], o.heads, query, places, memory, position, attention_mask));
    query = layer_norm(norms[2], feed_forward(layer["ffns"][0], query));
  }
  const Graph::Scope scope(graph, "heads");
  const auto state = layer_norm(transformer["decoder"]["norm"], query);
  return {float_of(linear(model["class_embed"][0], state)), sigmoid(mlp(model["bbox_embed"][0], state))};
}

using ArchitectureGraph = Predicted (*)(const Part& model, const models::DetectorOptions& options,
                                        const Seen& seen);

/// Keys are models::Architecture::name.
const std::map<std::string, ArchitectureGraph>& architecture_graphs() {
  static const std::map<std::string, ArchitectureGraph> graphs{
      {"focus-detr", focus_detr_graph},           {"dino", dino_graph},
      {"deformable-detr", deformable_detr_graph}, {"sparse-detr", sparse_detr_graph},
      {"sparse-dino", sparse_dino_graph},         {"detr", detr_graph}};
  return graphs;
}

}  // namespace

bool exports_architecture(const std::string& name) { return architecture_graphs().count(name) > 0; }

Predicted detector_graph(const Part& model, const models::DetectorOptions& options, const Value& images,
                         const Value& mask) {
  const auto architecture = architecture_graphs().find(options.architecture);
  if (architecture == architecture_graphs().end()) {
    std::vector<std::string> known;
    for (const auto& entry : architecture_graphs()) known.push_back(entry.first);
    fail("ONNX export does not support architecture '{}'; it supports {}", options.architecture,
         fmt::join(known, ", "));
  }
  auto& graph = model.graph();
  const auto features = backbone_features(model["backbone"], options.backbone, images);
  const auto seen = options.quirks.ignore_padding_in_eval ? both(mask, graph.scalar(0, Type::kBool)) : mask;
  return architecture->second(model, options, {features, seen});
}

}  // namespace focus::exporter
