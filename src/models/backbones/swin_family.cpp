// The Swin Transformers' entry among the backbone families.
#include <cmath>

#include "base/error.h"
#include "models/backbones/backbone_family.h"
#include "models/backbones/swin.h"

namespace focus::models {
namespace {

const char* const kWorkedOut = "computed from the window size";

struct NamedSwin {
  const char* name;
  SwinShape shape;
};
constexpr NamedSwin kSwins[] = {
    {"swin_t", {96, {2, 2, 6, 2}, 3, 7}},        {"swin_s", {96, {2, 2, 18, 2}, 3, 7}},
    {"swin_b", {128, {2, 2, 18, 2}, 4, 7}},      {"swin_l", {192, {2, 2, 18, 2}, 6, 7}},
    {"swin_b_w12", {128, {2, 2, 18, 2}, 4, 12}}, {"swin_l_w12", {192, {2, 2, 18, 2}, 6, 12}}};

NameSteps swin_steps(const std::string& prefix) {
  const std::string to = "backbone.";
  return {{{"*.relative_position_index", "", kWorkedOut},
           {"*.attn_mask", "", "computed from the image size"},
           {prefix + "head.*", "", kClassifierLayer},
           {prefix + "norm.*", "", kClassifierLayer},
           {prefix + "patch_embed.*", to + "patch_embed.*"},
           {prefix + "layers.*", to + "layers.*"},
           {prefix + "norm#.*", to + "norm#.*"}}};
}

/// timm from 0.9 on puts the patch merging after a stage into the next stage.
NameSteps timm_swin_steps() {
  std::vector<NameRule> moved;
  for (int stage = 0; stage < 3; ++stage) {
    moved.push_back({"layers." + std::to_string(stage + 1) + ".downsample.*",
                     "backbone.layers." + std::to_string(stage) + ".downsample.*"});
  }
  // With features_only each stage is a module of its own.
  NameSteps steps{{{"layers_#.*", "layers.#.*", {}, true}}, moved};
  for (const auto& step : swin_steps("")) steps.push_back(step);
  return steps;
}

/// torchvision numbers stages and the patch merging between them in one sequence.
NameSteps torchvision_swin_steps() {
  std::vector<NameRule> rules{{"*.relative_position_index", "", kWorkedOut},
                              {"head.*", "", kClassifierLayer},
                              {"norm.*", "", kClassifierLayer},
                              {"features.0.0.*", "backbone.patch_embed.proj.*"},
                              {"features.0.2.*", "backbone.patch_embed.norm.*"}};
  for (int stage = 0; stage < 4; ++stage) {
    const std::string blocks = "features." + std::to_string(2 * stage + 1) + ".#.";
    const std::string merging = "features." + std::to_string(2 * stage + 2) + ".";
    const std::string ours = "backbone.layers." + std::to_string(stage) + ".";
    rules.push_back({blocks + "mlp.0.*", ours + "blocks.#.mlp.fc1.*"});
    rules.push_back({blocks + "mlp.3.*", ours + "blocks.#.mlp.fc2.*"});
    rules.push_back({blocks + "*", ours + "blocks.#.*"});
    rules.push_back({merging + "*", ours + "downsample.*"});
  }
  return {rules};
}

bool tell_swin(const TensorShapes& shapes, BackboneOptions& options) {
  const std::string projection = "backbone.patch_embed.proj.weight";
  const std::string table = "backbone.layers.0.blocks.0.attn.relative_position_bias_table";
  if (!shapes.has(projection) || !shapes.has(table)) return false;
  const int64_t width = shapes.size(projection, 4, 0);
  // One row per offset between two tokens of a window, from -(window - 1) to window - 1 in both directions.
  const double offsets = std::sqrt(static_cast<double>(shapes.size(table, 2, 0)));
  const auto window = static_cast<int64_t>(std::lround((offsets + 1) / 2));
  std::vector<int64_t> blocks;
  for (int stage = 0; stage < 4; ++stage) {
    blocks.push_back(shapes.layers("backbone.layers." + std::to_string(stage) + ".blocks."));
  }
  std::vector<std::string> names;
  for (const auto& [name, shape] : kSwins) {
    names.push_back(name);
    if (shape.width != width || shape.window != window || !stages_fit(blocks, shape.blocks)) continue;
    options.name = name;
    return true;
  }
  fail(
      "{}: the backbone is a Swin Transformer of width {} with stages of {} blocks and windows of {} tokens, "
      "which is none of {}",
      shapes.path(), width, fmt::join(blocks, ", "), window, fmt::join(names, ", "));
}

}  // namespace

BackboneFamily swin_family() {
  BackboneFamily family;
  family.name = "Swin Transformer";
  for (const auto& [name, shape] : kSwins) {
    family.variants.push_back(
        {name,
         [shape = shape](const auto& options) { return std::make_shared<SwinTransformer>(shape, options); },
         {"drop_path"}});
  }
  const std::string table = ".blocks.#.attn.relative_position_bias_table";
  family.sources = {{"timm-swin",
                     "timm's Swin Transformers, from timm 0.9 on, also as features_only",
                     {{"layers.3.downsample.norm.weight", "layers.#" + table}, {"layers_#" + table}},
                     timm_swin_steps()},
                    {"swin",
                     "microsoft/Swin-Transformer, and timm's before 0.9",
                     {{"patch_embed.proj.weight", "layers.#" + table}},
                     swin_steps("")},
                    {"torchvision-swin",
                     "torchvision's Swin Transformers",
                     {{"features.0.0.weight", "features.#.#.attn.relative_position_bias_table"}},
                     torchvision_swin_steps()}};
  family.usual_source = "swin";
  family.in_detectors = swin_steps;
  family.beside = {{"backbone.*.relative_position_index", "", kWorkedOut}};
  family.tell = tell_swin;
  return family;
}

}  // namespace focus::models
