// What precision int8 needs of a model: the ranges of its convolutions' inputs and outputs on real images, and
// the layers that stay in the next best precision.
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

struct Calibration : nn::Quantisation {
  int64_t images = 0;  ///< Number of images it was made from; 0: there is no calibration.

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
