#include "models/options.h"

#include <algorithm>

#include "base/error.h"
#include "models/architectures.h"
#include "models/backbones/backbone_family.h"

namespace focus::models {

void BackboneOptions::describe(OptionTable& table) {
  table.add("name", &name,
            "Network that extracts the image's features; Swin's windows are 7 tokens wide, or 12 (_w12).",
            {.choices = backbone_names()});
  table.add(
      "norm", &norm,
      fmt::format("{}: batch normalisation is frozen (pretrained statistics) or live.", readers_of("norm")),
      {.choices = {"frozen", "live"}});
  table.add("frozen_stages", &frozen_stages,
            "Number of stages, from the stem on, whose weights are not trained: 0 none, 1 the stem.",
            {.min = 0, .max = 5});
  table.add("finest_stride", &finest_stride,
            "Stride of the finest features that become a level, in pixels: 8, or 4 for one more level.",
            {.min = 4, .max = 32});
  table.add(
      "dilated", &dilated,
      fmt::format(
          "{}: dilate the last stage instead of striding it, so that its features have stride 16 (DC5).",
          readers_of("dilated")));
  table.add(
      "width", &width,
      fmt::format(
          "{}: channels of the stem; the stages have multiples of it; below 64 makes a narrower network.",
          readers_of("width")),
      {.min = 8, .max = 64});
  table.add(
      "drop_path", &drop_path,
      fmt::format("{}: probability that training drops a branch of the last block; lower for earlier blocks.",
                  readers_of("drop_path")),
      {.min = 0, .max = 0.9});
}

int64_t BackboneOptions::features() const {
  int64_t count = 1;
  for (int64_t stride = finest_stride; stride < 32; stride *= 2) ++count;
  return count;
}

namespace {

/// Options that change the network's tensors or strides must apply to the chosen backbone. Others may remain
/// in a configuration whose backbone was changed.
void refuse_unread_options(const BackboneOptions& options) {
  const auto& reads = find_backbone(options.name).reads;
  const BackboneOptions usual;
  const auto refuse = [&](const char* option, bool chosen) {
    if (!chosen || std::find(reads.begin(), reads.end(), option) != reads.end()) return;
    fail_usage("model.backbone.{} is for {} only, found {}; leave it out", option, readers_of(option),
               options.name);
  };
  refuse("dilated", options.dilated != usual.dilated);
  refuse("width", options.width != usual.width);
}

}  // namespace

void TransformerOptions::describe(OptionTable& table) {
  table.add("width", &width, "Features per token.", {.min = 8, .max = 4096});
  table.add("heads", &heads, "Attention heads; divides width.", {.min = 1, .max = 64});
  table.add("points", &points, "Sampling points per head and level in deformable attention.",
            {.min = 1, .max = 64});
  table.add(
      "levels", &levels,
      "Feature levels, fine to coarse: the backbone's from its finest_stride on, the rest by convolution.",
      {.min = 1, .max = 6});
  table.add("feedforward_width", &feedforward_width, "Hidden features of feed-forward networks.",
            {.min = 8, .max = 65536});
  table.add("encoder_layers", &encoder_layers, "Encoder layers.", {.min = 1, .max = 24});
  table.add("decoder_layers", &decoder_layers, "Decoder layers.", {.min = 1, .max = 24});
  table.add("queries", &queries, "Proposals the decoder refines.", {.min = 1, .max = 10000});
  table.add(
      "learned_queries", &learned_queries,
      "Start the queries' content from learned vectors (mixed selection) instead of the proposals' features.",
      {.formerly = "learnt_queries"});
  table.add("position_temperature", &position_temperature,
            "Longest wavelength of the tokens' position encoding, in image sizes.", {.min = 1});
  table.add("position_offset", &position_offset,
            "Added to a token's 1-based coordinates before they are encoded: -0.5 is its centre.",
            {.min = -1, .max = 1});
}

void FocusOptions::describe(OptionTable& table) {
  table.add("keep_ratio", &keep_ratio, "Fraction of an image's tokens that count as foreground (rho).",
            {.min = kLeastKeepRatio, .max = 1});
  table.add("cascade", &cascade,
            "Share of the foreground tokens each encoder layer updates, one number per layer.",
            {.min = 0.001, .max = 1});
  table.add("fine_grained_tokens", &fine_grained_tokens,
            "Tokens that attend to each other in an encoder layer.", {.min = 1, .max = 100000});
  table.add("dual_attention", &dual_attention,
            "Fine-grained tokens attend to each other before foreground tokens sample all tokens.");
  table.add("top_down", &top_down, "Scores of coarse levels modulate the features scored at finer levels.");
  table.add("category_score", &category_score,
            "Choose fine-grained tokens by category score times foreground score, not by the latter alone.");
}

void FocusOptions::validate(int64_t encoder_layers) const {
  // describe() holds the ranges: setting the values on a copy, as if a user had written them, checks them.
  FocusOptions copy;
  OptionTable table;
  copy.describe(table);
  table.set_json(options_to_json(*this), "model.focus");
  if (static_cast<int64_t>(cascade.size()) != encoder_layers) {
    fail_usage("model.focus.cascade has {} numbers for {} encoder layers; give one per layer", cascade.size(),
               encoder_layers);
  }
}

void DeformableOptions::describe(OptionTable& table) {
  table.add(
      "box_refinement", &box_refinement,
      "deformable-detr: every decoder layer refines the boxes of the one before, with heads of its own.");
  table.add("two_stage", &two_stage,
            "deformable-detr: queries start from the encoder's best proposals; needs box_refinement.");
}

void SparseOptions::describe(OptionTable& table) {
  table.add("keep_ratio", &keep_ratio,
            "sparse-detr, sparse-dino: share of an image's tokens that the encoder updates (rho).",
            {.min = FocusOptions::kLeastKeepRatio, .max = 1});
  table.add("encoder_heads", &encoder_heads,
            "sparse-detr, sparse-dino: train every encoder layer but the last with heads of its own.");
}

void ReferenceQuirks::describe(OptionTable& table) {
  table.add("ignore_padding_in_eval", &ignore_padding_in_eval, "Treat padding as image outside training.");
  table.add("fixed_top_k", &fixed_top_k, "Refuse images with fewer tokens than the top-k sizes.");
}

const std::vector<std::string>& architecture_names() {
  static const auto names = [] {
    std::vector<std::string> all;
    for (const auto& architecture : architectures()) all.push_back(architecture.name);
    return all;
  }();
  return names;
}

void DetectorOptions::describe(OptionTable& table) {
  table.add("architecture", &architecture, "The detector's architecture.", {.choices = architecture_names()});
  table.add("classes", &classes, "Number of object classes; in training, the data set's.",
            {.min = 1, .max = 100000});
  table.group("backbone", backbone);
  table.group("transformer", transformer);
  table.group("focus", focus);
  table.group("deformable", deformable);
  table.group("sparse", sparse);
  table.group("denoising", denoising);
  table.add("max_detections", &max_detections, "Most detections per image.", {.min = 1, .max = 100000});
  table.group("quirks", quirks);
}

void DetectorOptions::validate() const {
  if (architecture == "focus-detr") focus.validate(transformer.encoder_layers);
  if (deformable.two_stage && !deformable.box_refinement) {
    fail_usage(
        "model.deformable.two_stage needs model.deformable.box_refinement: proposals are boxes to refine");
  }
  refuse_unread_options(backbone);
  const int64_t stride = backbone.finest_stride;
  if (stride != 4 && stride != 8 && stride != 16 && stride != 32) {
    fail_usage("model.backbone.finest_stride is {}; backbones have features at strides 4, 8, 16 and 32",
               stride);
  }
  const int64_t features = backbone.features();
  if (transformer.levels < features) {
    fail_usage("model.transformer.levels is {}, but the backbone has {} features from stride {} on",
               transformer.levels, features, stride);
  }
  if (transformer.width % transformer.heads != 0) {
    fail_usage("model.transformer.width {} is not a multiple of model.transformer.heads {}",
               transformer.width, transformer.heads);
  }
  if (transformer.width % 4 != 0) {
    fail_usage("model.transformer.width {} is not a multiple of 4, as the scorer and position encoding need",
               transformer.width);
  }
}

}  // namespace focus::models
