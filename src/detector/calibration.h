// The ranges of a model's convolution inputs and outputs on real images, which precision int8 needs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "images/decode.h"
#include "images/preprocess.h"
#include "models/detector.h"
#include "nn/activation_ranges.h"

namespace focus::detector {

struct Calibration {
  int64_t images = 0;  ///< Number of images it was made from; 0: there is no calibration.
  nn::ActivationRanges ranges;

  nlohmann::json to_json() const;
  /// Throws Error, `source` first, when the JSON is not a calibration.
  static Calibration from_json(const nlohmann::json& json, const std::string& source);
};

/// Runs an unprepared model over images and records the ranges. Throws Error for an image that cannot be
/// read and for a model whose normalisation is not constant.
/// @param orientation how images are rotated: like those the model was trained on
/// @param progress called with the number of images done
Calibration calibrate(models::Detector& model, const images::PreprocessOptions& preprocess,
                      const std::vector<std::filesystem::path>& images,
                      const std::function<void(int64_t)>& progress = {},
                      images::Orientation orientation = images::Orientation::kUpright);

}  // namespace focus::detector
