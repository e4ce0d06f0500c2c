// A model a test makes in a moment and whose answers are known: whatever it looks at is a cat.
#pragma once

#include <ATen/ATen.h>

#include <filesystem>

#include "detector/model_file.h"
#include "models/checkpoints/state_dict.h"
#include "models/focus_detr.h"

namespace focus::test {

constexpr int64_t kCat = 3, kDog = 7;             ///< Category ids of the tiny model and of tiny data sets.
constexpr int64_t kTinyQueries = 10;              ///< Detections it has on any image.
constexpr double kTinyScore = 0.880797077977882;  ///< sigmoid(2), the score of each.

/// One layer each of 32 features on a MobileNetV2, images of 64 pixels.
inline detector::ModelInfo tiny_model_info() {
  detector::ModelInfo info;
  auto& model = info.model;
  model.classes = 2;
  model.backbone.name = "mobilenet_v2";
  model.transformer.width = 32;
  model.transformer.heads = 2;
  model.transformer.points = 2;
  model.transformer.feedforward_width = 32;
  model.transformer.encoder_layers = 1;
  model.transformer.decoder_layers = 1;
  model.transformer.queries = kTinyQueries;
  model.focus.cascade = {1.0};
  model.focus.fine_grained_tokens = 10;
  model.max_detections = kTinyQueries;
  info.preprocess.short_side = 64;
  info.preprocess.max_side = 96;
  info.categories = {{kCat, "cat"}, {kDog, "dog"}};
  return info;
}

/// Writes a model file in which every weight is finite and no score is: the last norm of its decoder is too
/// large.
inline void write_overflowing_model(const std::filesystem::path& path) {
  const auto info = tiny_model_info();
  models::FocusDetr model(info.model);
  const at::NoGradGuard no_grad;
  models::state_dict(model).at("transformer.decoder.norm.weight").fill_(3e38);
  detector::save_model(path, model, info);
}

/// Writes a model file whose class head ignores the image: the first category scores 0.88, others 0.12.
inline void write_tiny_model(const std::filesystem::path& path, std::vector<data::Category> categories) {
  at::manual_seed(1);
  auto info = tiny_model_info();
  info.categories = std::move(categories);
  info.model.classes = static_cast<int64_t>(info.categories.size());
  models::FocusDetr model(info.model);
  {
    at::NoGradGuard no_grad;
    auto tensors = models::state_dict(model);
    tensors.at("class_embed.0.weight").zero_();
    auto& bias = tensors.at("class_embed.0.bias");
    bias.fill_(-2.0f);
    bias[0] = 2.0f;
  }
  detector::save_model(path, model, info);
}

/// The same of cats, which score 0.88, and dogs, which score 0.12.
inline void write_tiny_model(const std::filesystem::path& path) {
  write_tiny_model(path, tiny_model_info().categories);
}

}  // namespace focus::test
