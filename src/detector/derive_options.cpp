#include "detector/derive_options.h"

#include <utility>

#include "base/error.h"

namespace focus::detector {
namespace {

/// Looks tensors up by name and reads their sizes.
class Shapes {
 public:
  explicit Shapes(const Weights& weights) : weights_(weights) {}

  bool has(const std::string& name) const { return weights_.tensors.count(name) > 0; }

  /// The size of one dimension of a tensor with `dims` of them.
  int64_t size(const std::string& name, int64_t dims, int64_t dim) const {
    const auto found = weights_.tensors.find(name);
    if (found == weights_.tensors.end()) {
      fail("{}: tensor '{}' is missing, so that the model's options cannot be told; is the file complete?",
           weights_.path, name);
    }
    if (found->second.dim() != dims) {
      fail("{}: tensor '{}' has shape [{}], which is not {}-dimensional", weights_.path, name,
           fmt::join(found->second.sizes(), ", "), dims);
    }
    return found->second.size(dim);
  }

  /// A model is built only as large as the tensors the file really holds.
  void expect(const std::string& name, std::vector<int64_t> shape) const {
    size(name, static_cast<int64_t>(shape.size()), 0);
    const auto sizes = weights_.tensors.at(name).sizes();
    if (sizes != at::IntArrayRef(shape)) {
      fail("{}: tensor '{}' has shape [{}], by the others it should be [{}]; is the file damaged?",
           weights_.path, name, fmt::join(sizes, ", "), fmt::join(shape, ", "));
    }
  }

  int64_t layers(const std::string& prefix) const { return models::count_layers(weights_.tensors, prefix); }

 private:
  const Weights& weights_;
};

std::string backbone_name(const Shapes& shapes, const std::string& fallback, const std::string& source) {
  if (shapes.has("backbone.features.0.0.weight")) return "mobilenet_v2";
  if (!shapes.has("backbone.res2.0.conv1.weight")) return fallback;
  struct Known {
    const char* name;
    bool bottleneck;
    int64_t blocks[4];
  };
  constexpr Known kKnown[] = {{"resnet18", false, {2, 2, 2, 2}},
                              {"resnet34", false, {3, 4, 6, 3}},
                              {"resnet50", true, {3, 4, 6, 3}},
                              {"resnet101", true, {3, 4, 23, 3}}};
  const bool bottleneck = shapes.has("backbone.res2.0.conv3.weight");
  std::vector<int64_t> blocks;
  for (const char* stage : {"2", "3", "4", "5"}) {
    blocks.push_back(shapes.layers(std::string("backbone.res") + stage + "."));
  }
  for (const auto& known : kKnown) {
    // A truncated classifier lacks stages, which its others still tell apart.
    bool fits = known.bottleneck == bottleneck;
    for (size_t i = 0; i < 4; ++i) fits = fits && (blocks[i] == 0 || blocks[i] == known.blocks[i]);
    if (fits) return known.name;
  }
  fail("{}: the backbone has stages of {} {} blocks, which is no ResNet-18, 34, 50 or 101", source,
       fmt::join(blocks, ", "), bottleneck ? "bottleneck" : "basic");
}

void derive_transformer(const Shapes& shapes, models::TransformerOptions& o, const Weights& weights) {
  const std::string encoder = "transformer.encoder.layers.", decoder = "transformer.decoder.layers.";
  o.levels = shapes.size("transformer.level_embeds", 2, 0);
  o.width = shapes.size("transformer.level_embeds", 2, 1);
  o.encoder_layers = shapes.layers(encoder);
  o.decoder_layers = shapes.layers(decoder);
  o.feedforward_width = shapes.size(encoder + "0.ffns.0.layers.0.0.weight", 2, 0);
  for (const auto& [prefix, layers] :
       {std::pair(encoder, o.encoder_layers), std::pair(decoder, o.decoder_layers)}) {
    // A name may claim any number of layers; the first that is not there ends this.
    for (int64_t i = 0; i < layers; ++i) {
      const std::string layer = prefix + std::to_string(i);
      shapes.expect(layer + ".ffns.0.layers.0.0.weight", {o.feedforward_width, o.width});
      shapes.expect(layer + ".attentions.1.value_proj.weight", {o.width, o.width});
    }
  }
  const std::string attention = encoder + "0.attentions.1.attention_weights.weight";
  const int64_t samples = shapes.size(attention, 2, 0), groups = o.heads * o.levels;
  if (groups == 0 || samples % groups != 0) {
    fail(
        "{}: tensor '{}' has {} rows, which are not heads x levels x points for model.transformer.heads {} "
        "and {} "
        "levels; give the number of heads",
        weights.path, attention, samples, o.heads, o.levels);
  }
  o.points = samples / groups;
  if (shapes.has("transformer.tgt_embed.weight")) {
    o.queries = shapes.size("transformer.tgt_embed.weight", 2, 0);
    shapes.expect("transformer.tgt_embed.weight", {o.queries, o.width});
    o.learnt_queries = true;
  } else if (weights.source == "detrex") {
    o.learnt_queries = false;
  }
}

/// Range checks are declared with the options (OptionRule), so their own parser makes them.
void check_ranges(const models::FocusDetrOptions& options, const std::string& source) {
  models::FocusDetrOptions copy;
  OptionTable table;
  copy.describe(table);
  try {
    table.set_json(options_to_json(options), source + ": model, by its tensors");
  } catch (const UsageError& error) {
    throw Error(error.what());
  }
}

}  // namespace

models::FocusDetrOptions derive_options(const Weights& weights, models::FocusDetrOptions options) {
  const Shapes shapes(weights);
  options.backbone.name = backbone_name(shapes, options.backbone.name, weights.path);
  if (!weights.backbone_only()) {
    derive_transformer(shapes, options.transformer, weights);
    if (weights.classes() > 0) {
      options.classes = weights.classes();
      shapes.expect("class_embed.0.weight", {options.classes, options.transformer.width});
    }
  }
  check_ranges(options, weights.path);
  return options;
}

void check_against(const models::FocusDetrOptions& said, const models::FocusDetrOptions& derived,
                   const std::string& source) {
  auto copy_said = said, copy_derived = derived;
  OptionTable table_said, table_derived;
  copy_said.describe(table_said);
  copy_derived.describe(table_derived);
  for (size_t i = 0; i < table_said.options().size(); ++i) {
    const auto& option = table_said.options()[i];
    // Shapes do not tell these, so a configuration may say them.
    const std::string& key = option.key();
    const bool told = key == "classes" || key == "backbone.name" || key.rfind("transformer.", 0) == 0;
    const auto found = table_derived.options()[i].value();
    if (!told || option.value() == found) continue;
    fail("{}: option 'model.{}' is {}, but the tensors tell {}{}", source, key, option.value().dump(),
         found.dump(), key == "classes" ? "; name other classes with --classes" : "");
  }
}

}  // namespace focus::detector
