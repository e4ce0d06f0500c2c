// The ConvNeXts' entry among the backbone families.
#include "base/error.h"
#include "models/backbones/backbone_family.h"
#include "models/backbones/convnext.h"

namespace focus::models {
namespace {

struct NamedConvNeXt {
  const char* name;
  ConvNeXtShape shape;
};
constexpr NamedConvNeXt kConvNeXts[] = {{"convnext_tiny", {96, {3, 3, 9, 3}}},
                                        {"convnext_small", {96, {3, 3, 27, 3}}},
                                        {"convnext_base", {128, {3, 3, 27, 3}}},
                                        {"convnext_large", {192, {3, 3, 27, 3}}},
                                        {"convnext_xlarge", {256, {3, 3, 27, 3}}}};

/// The authors' names, under `prefix` in the file.
NameSteps convnext_steps(const std::string& prefix) {
  const std::string to = "backbone.";
  return {{{prefix + "head.*", "", kClassifierLayer},
           {prefix + "norm.*", "", kClassifierLayer},
           {prefix + "downsample_layers.*", to + "downsample_layers.*"},
           {prefix + "stages.*", to + "stages.*"},
           {prefix + "norm#.*", to + "norm#.*"}}};
}

/// torchvision numbers stages and the downsampling between them in one sequence, a block's layers in another.
NameSteps torchvision_convnext_steps() {
  std::vector<NameRule> rules{{"classifier.*", "", kClassifierLayer}};
  for (int stage = 0; stage < 4; ++stage) {
    const auto number = std::to_string(stage);
    rules.push_back(
        {"features." + std::to_string(2 * stage) + ".#.*", "backbone.downsample_layers." + number + ".#.*"});
    const std::string theirs = "features." + std::to_string(2 * stage + 1) + ".#.";
    const std::string ours = "backbone.stages." + number + ".#.";
    rules.push_back({theirs + "block.0.*", ours + "dwconv.*"});
    rules.push_back({theirs + "block.2.*", ours + "norm.*"});
    rules.push_back({theirs + "block.3.*", ours + "pwconv1.*"});
    rules.push_back({theirs + "block.5.*", ours + "pwconv2.*"});
    rules.push_back({theirs + "layer_scale", ours + "gamma"});
  }
  return {rules};
}

NameSteps timm_convnext_steps() {
  const std::string block = "stages.#.blocks.#.", ours = "backbone.stages.#.#.";
  // With features_only each stage, and each layer of the stem, is a module of its own.
  return {{{"stages_#.*", "stages.#.*", {}, true}, {"stem_#.*", "stem.#.*", {}, true}},
          {{"head.*", "", kClassifierLayer},
           {"norm_pre.*", "", kClassifierLayer},
           {"stem.*", "backbone.downsample_layers.0.*"},
           {"stages.#.downsample.*", "backbone.downsample_layers.#.*"},
           {block + "conv_dw.*", ours + "dwconv.*"},
           {block + "norm.*", ours + "norm.*"},
           {block + "mlp.fc1.*", ours + "pwconv1.*"},
           {block + "mlp.fc2.*", ours + "pwconv2.*"},
           {block + "gamma", ours + "gamma"}}};
}

/// Removes the two trailing axes of size 1 of torchvision's layer scales, and of timm's pointwise layers
/// where these are convolutions.
void without_axes_of_pixels(StateDict& tensors) {
  for (auto& [name, tensor] : tensors) {
    const bool vector = name_fits("backbone.stages.#.#.gamma", name);
    if (!vector && !name_fits("backbone.stages.#.#.pwconv#.weight", name)) continue;
    const int64_t axes = vector ? 1 : 2;
    while (tensor.dim() > axes && tensor.size(-1) == 1) tensor = tensor.squeeze(-1);
  }
}

bool tell_convnext(const TensorShapes& shapes, BackboneOptions& options) {
  const std::string stem = "backbone.downsample_layers.0.0.weight";
  if (!shapes.has(stem) || !shapes.has("backbone.stages.0.0.dwconv.weight")) return false;
  const int64_t width = shapes.size(stem, 4, 0);
  std::vector<int64_t> blocks;
  for (int stage = 0; stage < 4; ++stage) {
    blocks.push_back(shapes.layers("backbone.stages." + std::to_string(stage) + "."));
  }
  std::vector<std::string> names;
  for (const auto& [name, shape] : kConvNeXts) {
    names.push_back(name);
    if (shape.width != width || !stages_fit(blocks, shape.blocks)) continue;
    options.name = name;
    return true;
  }
  fail("{}: the backbone is a ConvNeXt of width {} with stages of {} blocks, which is none of {}",
       shapes.path(), width, fmt::join(blocks, ", "), fmt::join(names, ", "));
}

}  // namespace

BackboneFamily convnext_family() {
  BackboneFamily family;
  family.name = "ConvNeXt";
  for (const auto& [name, shape] : kConvNeXts) {
    family.variants.push_back(
        {name,
         [shape = shape](const auto& options) { return std::make_shared<ConvNeXt>(shape, options); },
         {"drop_path"}});
  }
  // The sign "gamma" excludes ConvNeXt V2, which has no layer scale but a norm that this model lacks.
  family.sources = {{"convnext",
                     "facebookresearch/ConvNeXt",
                     {{"downsample_layers.0.0.weight", "stages.#.#.dwconv.weight", "stages.#.#.gamma"}},
                     convnext_steps("")},
                    {"torchvision-convnext",
                     "torchvision's ConvNeXts",
                     {{"features.0.0.weight", "features.#.#.block.0.weight", "features.#.#.layer_scale"}},
                     torchvision_convnext_steps()},
                    {"timm-convnext",
                     "timm's ConvNeXts, also as features_only",
                     {{"stages.#.blocks.#.conv_dw.weight", "stages.#.blocks.#.gamma"},
                      {"stages_#.blocks.#.conv_dw.weight", "stages_#.blocks.#.gamma"}},
                     timm_convnext_steps()}};
  for (auto& map : family.sources) map.adapt = without_axes_of_pixels;
  family.usual_source = "convnext";
  family.in_detectors = convnext_steps;
  family.tell = tell_convnext;
  return family;
}

}  // namespace focus::models
