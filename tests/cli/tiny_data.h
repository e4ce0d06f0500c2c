// A COCO-format data set of a few small images.
#pragma once

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "cli/tiny_model.h"
#include "images/test_images.h"

namespace focus::test {

/// A configuration that trains on tiny data within a second.
inline constexpr const char* kTinyTraining = R"(
model:
  backbone: {name: mobilenet_v2, norm: live, frozen_stages: 0}
  transformer: {width: 32, heads: 2, points: 2, feedforward_width: 32, encoder_layers: 1, decoder_layers: 1, queries: 10}
  focus: {cascade: [1.0], fine_grained_tokens: 10}
  denoising: {queries: 4}
  max_detections: 10
preprocess: {short_side: 64, max_side: 96}
augment: {short_sides: [64], max_side: 96, crop: 0}
loader: {workers: 0}
train: {epochs: 1, batch_size: 2, log_every: 1}
)";

inline void write_text(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

/// Images "0.png", ... with ids 1, ...; image i has annotations 2 i - 1 (a cat) and 2 i (a dog).
inline nlohmann::json tiny_annotations(int count) {
  auto images = nlohmann::json::array(), annotations = nlohmann::json::array();
  for (int id = 1; id <= count; ++id) {
    images.push_back(
        {{"id", id}, {"file_name", std::to_string(id - 1) + ".png"}, {"width", 64}, {"height", 48}});
    annotations.push_back(
        {{"id", 2 * id - 1}, {"image_id", id}, {"category_id", kCat}, {"bbox", {4, 6, 20, 30}}});
    annotations.push_back(
        {{"id", 2 * id}, {"image_id", id}, {"category_id", kDog}, {"bbox", {30, 10, 25, 18}}});
  }
  return {{"images", images},
          {"annotations", annotations},
          {"categories", {{{"id", kCat}, {"name", "cat"}}, {{"id", kDog}, {"name", "dog"}}}}};
}

/// annotations/instances_SPLIT.json and images/SPLIT/, or without OpenCV images/SPLIT.safetensors, for the
/// splits train and val (2 images): noise of 64 x 48 pixels.
inline void write_tiny_dataset(const std::filesystem::path& folder, int training_images = 4) {
  std::filesystem::create_directories(folder / "annotations");
  for (const auto& [split, count] : {std::pair{"train", training_images}, std::pair{"val", 2}}) {
    const auto place = folder / "images" / split;
    std::filesystem::create_directories(place);
    std::vector<std::string> names;
    std::vector<images::Image> images;
    for (int i = 0; i < count; ++i) {
      names.push_back(std::to_string(i) + ".png");
      images.push_back(noise(48, 64, static_cast<uint64_t>(i) + 1));
    }
    const auto written = write_images(place, names, images);
    if (written != place) std::filesystem::rename(written, std::filesystem::path(place) += ".safetensors");
    write_text(folder / "annotations" / ("instances_" + std::string(split) + ".json"),
               tiny_annotations(count).dump());
  }
}

}  // namespace focus::test
