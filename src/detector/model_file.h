// The self-describing model file: one .safetensors file with everything `detect --model x` needs.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "data/annotations.h"
#include "detector/calibration.h"
#include "images/decode.h"
#include "images/image_reading.h"
#include "images/preprocess.h"
#include "models/detector.h"

namespace focus::detector {

/// The metadata of a model file.
struct ModelInfo {
  models::DetectorOptions model;
  images::PreprocessOptions preprocess;
  std::vector<data::Category> categories;  ///< In the order of the model's class outputs.
  Calibration calibration;                 ///< For precision int8; may be missing.
  /// How its training images were read; evaluation reads images in the same way.
  images::ImageReading reading = images::ImageReading::kByDataset;
  nlohmann::json provenance =
      nlohmann::json::object();  ///< Where it came from: data, epochs, metrics, command.

  /// How images outside a data set are rotated for it: upright, unless it was trained on images as stored.
  images::Orientation loose_images() const {
    return reading == images::ImageReading::kAsStored ? images::Orientation::kAsStored
                                                      : images::Orientation::kUpright;
  }
};

/// A model and its description.
struct LoadedModel {
  ModelInfo info;
  std::shared_ptr<models::Detector> model;  ///< In evaluation mode.
};

/// Writes tensors under the reference's names and the description as metadata, atomically.
void save_model(const std::filesystem::path& path, const models::Detector& model, const ModelInfo& info);

/// Reads a file written by save_model; the reference's alias names are accepted.
/// Throws Error naming the file and what is wrong: not a model file, a newer format, missing or ill-shaped
/// tensors.
LoadedModel load_model(const std::filesystem::path& path);

/// Reads tensors alone, such as a state dict of the reference, into the model that `info` describes.
LoadedModel load_tensors(const std::filesystem::path& path, ModelInfo info);

/// The description as metadata, for files of other formats: find_model_info reads it back.
std::map<std::string, std::string> model_metadata(const ModelInfo& info);

/// The description in a file's metadata, if it has one. `source` is named in errors.
std::optional<ModelInfo> find_model_info(const std::map<std::string, std::string>& metadata,
                                         const std::string& source);

}  // namespace focus::detector
