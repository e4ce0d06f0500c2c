// Small models of every architecture, with random weights that tell what they see apart.
#pragma once

#include <ATen/ATen.h>

#include <cmath>
#include <ostream>
#include <string>
#include <vector>

#include "detector/model_file.h"
#include "models/architectures.h"

namespace focus::test {

/// A model to export and what to call it in messages.
struct TinyModel {
  std::string name;
  models::DetectorOptions options;

  friend void PrintTo(const TinyModel& model, std::ostream* out) { *out << model.name; }
};

/// Two layers each of 32 features on a narrow ResNet-18.
inline models::DetectorOptions tiny_options(const std::string& architecture) {
  models::DetectorOptions options;
  options.architecture = architecture;
  options.classes = 3;
  options.backbone.name = "resnet18";
  options.backbone.width = 8;
  auto& t = options.transformer;
  t.width = 32;
  t.heads = 4;
  t.points = 2;
  t.feedforward_width = 48;
  t.encoder_layers = 2;
  t.decoder_layers = 2;
  t.queries = 30;
  options.focus.cascade = {1.0, 0.6};
  options.focus.fine_grained_tokens = 20;
  options.max_detections = 25;
  if (architecture == "detr") {
    t.levels = 1;
    options.backbone.finest_stride = 32;
  }
  return options;
}

/// The family: each architecture and what may be chosen of it.
inline std::vector<TinyModel> tiny_family() {
  std::vector<TinyModel> family;
  const auto add = [&](const std::string& name, const std::string& architecture, auto&& choose) {
    auto options = tiny_options(architecture);
    choose(options);
    family.push_back({name, options});
  };
  const auto as_it_is = [](models::DetectorOptions&) {};
  add("focus-detr", "focus-detr", as_it_is);
  add("focus-detr, ablated", "focus-detr", [](auto& o) {
    o.focus.dual_attention = o.focus.top_down = false;
    o.transformer.learned_queries = false;
  });
  add("focus-detr, no category score", "focus-detr", [](auto& o) { o.focus.category_score = false; });
  add("focus-detr, mobilenet_v2", "focus-detr", [](auto& o) {
    o.backbone = {};
    o.backbone.name = "mobilenet_v2";
  });
  add("dino", "dino", as_it_is);
  add("dino, 5 scales, bottlenecks", "dino", [](auto& o) {
    o.backbone.name = "resnet50";
    o.backbone.finest_stride = 4;
    o.transformer.levels = 5;
  });
  add("dino, padding ignored", "dino", [](auto& o) { o.quirks.ignore_padding_in_eval = true; });
  add("deformable-detr", "deformable-detr", as_it_is);
  add("deformable-detr, refined", "deformable-detr", [](auto& o) { o.deformable.box_refinement = true; });
  add("deformable-detr, two-stage", "deformable-detr",
      [](auto& o) { o.deformable.box_refinement = o.deformable.two_stage = true; });
  add("sparse-detr", "sparse-detr", as_it_is);
  add("sparse-dino", "sparse-dino", as_it_is);
  add("detr", "detr", as_it_is);
  add("detr, dilated", "detr", [](auto& o) {
    o.backbone.name = "resnet50";
    o.backbone.dilated = true;
  });
  add("focus-detr, swin_t", "focus-detr", [](auto& o) {
    o.backbone = {};
    o.backbone.name = "swin_t";
  });
  add("focus-detr, convnext_tiny", "focus-detr", [](auto& o) {
    o.backbone = {};
    o.backbone.name = "convnext_tiny";
  });
  return family;
}

/// Builds it. New heads and sampling points all say the same: noise makes every token and query differ, so
/// that no two of them tie.
inline detector::LoadedModel tiny_model(const models::DetectorOptions& options, uint64_t seed = 7) {
  at::manual_seed(seed);
  detector::LoadedModel loaded;
  loaded.info.model = options;
  loaded.info.preprocess.short_side = 96;
  loaded.info.preprocess.max_side = 160;
  for (int64_t c = 0; c < options.classes; ++c) {
    loaded.info.categories.push_back({3 * c + 1, "class " + std::to_string(c)});
  }
  loaded.model = models::make_detector(options);
  const at::NoGradGuard no_grad;
  // What a layer of any width yields varies by about `amount`.
  const auto vary = [](at::Tensor& tensor, double amount) {
    const double inputs = tensor.dim() > 1 ? static_cast<double>(tensor.size(1)) : 1;
    tensor.add_(at::randn_like(tensor), amount / std::sqrt(inputs));
  };
  const auto shake = [&](const std::string& name, at::Tensor& tensor) {
    const auto has = [&](const char* part) { return name.find(part) != std::string::npos; };
    if (has("class_embed")) vary(tensor, tensor.dim() > 1 ? 2 : 0.4);
    // Boxes that stay away from the image's size, where their logits are mostly rounding.
    if (has("bbox_embed")) vary(tensor, tensor.dim() > 1 ? 0.6 : 0.1);
    if (has("sampling_offsets") || has("attention_weights")) vary(tensor, tensor.dim() > 1 ? 0.6 : 0.1);
    if (has("enc_mask_predictor")) tensor.mul_(2);
    if (has("gamma")) vary(tensor, 0.3);  // New blocks add next to nothing.
    if (has("norm.") || has("norms.")) tensor.add_(at::randn_like(tensor).abs(), 0.2);
  };
  for (auto& entry : loaded.model->named_parameters()) shake(entry.key(), entry.value());
  for (auto& entry : loaded.model->named_buffers()) {
    if (entry.value().is_floating_point()) shake(entry.key(), entry.value());
  }
  loaded.model->eval();
  return loaded;
}

}  // namespace focus::test
