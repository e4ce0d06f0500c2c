#include "weights/derive_options.h"

#include <utility>

#include "base/error.h"
#include "models/architectures.h"
#include "models/backbones/backbone_family.h"

namespace focus::weights {
namespace {

using models::TensorShapes;

/// The neck has one convolution per feature of the backbone.
void derive_features(const TensorShapes& shapes, models::BackboneOptions& o, const std::string& source) {
  const int64_t features = shapes.layers("neck.convs.");
  if (features == 0) return;
  if (features > 4) fail("{}: the neck takes {} features; a backbone has at most 4", source, features);
  o.finest_stride = 32 >> (features - 1);
}

void derive_transformer(const TensorShapes& shapes, models::TransformerOptions& o, const Weights& weights) {
  const std::string encoder = "transformer.encoder.layers.", decoder = "transformer.decoder.layers.";
  o.levels = shapes.size("transformer.level_embeds", 2, 0);
  o.width = shapes.size("transformer.level_embeds", 2, 1);
  o.encoder_layers = shapes.layers(encoder);
  o.decoder_layers = shapes.layers(decoder);
  o.feedforward_width = shapes.size(encoder + "0.ffns.0.layers.0.0.weight", 2, 0);
  // In some architectures another attention of the encoder comes first.
  const std::string attention = shapes.has(encoder + "0.attentions.1.value_proj.weight") ? "1." : "0.";
  for (const auto& [prefix, layers, cross] : {std::tuple(encoder, o.encoder_layers, attention),
                                              std::tuple(decoder, o.decoder_layers, std::string("1."))}) {
    // A name may claim any number of layers; the first missing one fails here.
    for (int64_t i = 0; i < layers; ++i) {
      const std::string layer = prefix + std::to_string(i);
      shapes.expect(layer + ".ffns.0.layers.0.0.weight", {o.feedforward_width, o.width});
      shapes.expect(fmt::format("{}.attentions.{}value_proj.weight", layer, cross), {o.width, o.width});
    }
  }
  const std::string rows = encoder + "0.attentions." + attention + "attention_weights.weight";
  const int64_t samples = shapes.size(rows, 2, 0), groups = o.heads * o.levels;
  if (groups == 0 || samples % groups != 0) {
    fail(
        "{}: tensor '{}' has {} rows, which are not heads x levels x points for model.transformer.heads {} "
        "and {} levels; give the number of heads",
        weights.path, rows, samples, o.heads, o.levels);
  }
  o.points = samples / groups;
  if (shapes.has("transformer.tgt_embed.weight")) {
    o.queries = shapes.size("transformer.tgt_embed.weight", 2, 0);
    shapes.expect("transformer.tgt_embed.weight", {o.queries, o.width});
    o.learned_queries = true;
  } else if (weights.source == "detrex") {
    o.learned_queries = false;
  }
}

/// Options of detectors with learned queries or proposals: Deformable DETR.
void derive_queries(const TensorShapes& shapes, const Weights& weights, models::DetectorOptions& options) {
  auto& t = options.transformer;
  if (shapes.has("query_embed.weight")) {
    t.queries = shapes.size("query_embed.weight", 2, 0);
    shapes.expect("query_embed.weight", {t.queries, 2 * t.width});
  }
  // For the other architectures, box refinement and proposals are not options.
  if (derive_architecture(weights) != "deformable-detr") return;
  options.deformable.two_stage = shapes.has("transformer.pos_trans.weight");
  // Heads that all layers share are listed once per layer.
  const auto first = weights.tensors.find("bbox_embed.0.layers.2.bias");
  const auto second = weights.tensors.find("bbox_embed.1.layers.2.bias");
  const bool several = first != weights.tensors.end() && second != weights.tensors.end();
  options.deformable.box_refinement =
      options.deformable.two_stage || (several && !first->second.equal(second->second));
}

void derive_detr(const TensorShapes& shapes, models::DetectorOptions& options) {
  auto& t = options.transformer;
  t.queries = shapes.size("query_embed.weight", 2, 0);
  t.width = shapes.size("query_embed.weight", 2, 1);
  t.encoder_layers = shapes.layers("transformer.encoder.layers.");
  t.decoder_layers = shapes.layers("transformer.decoder.layers.");
  t.feedforward_width = shapes.size("transformer.encoder.layers.0.ffns.0.layers.0.0.weight", 2, 0);
  for (const auto& [part, layers] :
       {std::pair("encoder", t.encoder_layers), std::pair("decoder", t.decoder_layers)}) {
    for (int64_t i = 0; i < layers; ++i) {
      shapes.expect(fmt::format("transformer.{}.layers.{}.ffns.0.layers.0.0.weight", part, i),
                    {t.feedforward_width, t.width});
    }
  }
  options.backbone.finest_stride = 32;
  t.levels = 1;
}

/// Ranges are declared with the options (OptionRule), so their parser checks them.
void check_ranges(const models::DetectorOptions& options, const std::string& source) {
  models::DetectorOptions copy;
  OptionTable table;
  copy.describe(table);
  try {
    table.set_json(options_to_json(options), source + ": model, by its tensors");
  } catch (const UsageError& error) {
    throw Error(error.what());
  }
}

}  // namespace

std::string derive_architecture(const Weights& weights) {
  if (weights.info) return weights.info->model.architecture;
  if (weights.backbone_only()) return models::DetectorOptions().architecture;
  return models::architecture_of(weights.tensors);
}

models::DetectorOptions derive_options(const Weights& weights, models::DetectorOptions options) {
  const TensorShapes shapes(weights.tensors, weights.path, models::name_map(weights.source), weights.unread);
  models::tell_backbone(shapes, options.backbone);
  if (!weights.backbone_only()) {
    if (derive_architecture(weights) == "detr") {
      derive_detr(shapes, options);
    } else {
      derive_features(shapes, options.backbone, weights.path);
      derive_transformer(shapes, options.transformer, weights);
      derive_queries(shapes, weights, options);
    }
    // How positions are encoded differs between programs and cannot be derived from the tensors.
    if (weights.source == "dino") options.transformer.position_temperature = 20;
    if (weights.source == "dino" || weights.source == "detr") options.transformer.position_offset = 0;
    if (weights.classes() > 0) {
      options.classes = weights.classes();
      shapes.size("class_embed.0.weight", 2, 0);
      shapes.expect("class_embed.0.weight",
                    {weights.tensors.at("class_embed.0.bias").size(0), options.transformer.width});
    }
  }
  check_ranges(options, weights.path);
  return options;
}

void check_against(const models::DetectorOptions& said, const models::DetectorOptions& derived,
                   const std::string& source) {
  auto copy_said = said, copy_derived = derived;
  OptionTable table_said, table_derived;
  copy_said.describe(table_said);
  copy_derived.describe(table_derived);
  for (size_t i = 0; i < table_said.options().size(); ++i) {
    const auto& option = table_said.options()[i];
    // Only these are derived from shapes; a configuration may set the others.
    const std::string& key = option.key();
    const bool told = key == "classes" || key == "backbone.name" || key == "backbone.width" ||
                      key == "backbone.finest_stride" || key.rfind("transformer.", 0) == 0;
    const auto found = table_derived.options()[i].value();
    if (!told || option.value() == found) continue;
    fail("{}: option 'model.{}' is {}, but the tensors have {}{}", source, key, option.value().dump(),
         found.dump(), key == "classes" ? "; name other classes with --classes" : "");
  }
}

}  // namespace focus::weights
