// The API for applications: load a model file, pass images, get detections.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/box.h"
#include "detector/forward.h"
#include "detector/model_file.h"
#include "detector/placement.h"
#include "models/decoders/postprocess.h"

namespace focus::detector {

/// One object found. The box is in pixels of the image as given, x1 <= x2, y1 <= y2, inside the image.
struct Detection : Box {
  double score = 0;   ///< 0..1
  int64_t label = 0;  ///< index into the model's categories
};

struct DetectOptions {
  double threshold = 0.0;        ///< minimum score
  int64_t max_detections = 300;  ///< most detections per image, at most the model's own limit
};

class Detector {
 public:
  /// Makes the model ready to detect (detector/placement.h). Throws UsageError where the device lacks the
  /// precision, and for int8 without a calibration.
  explicit Detector(LoadedModel model, const Placement& placement = {});

  static Detector load(const std::filesystem::path& path) { return Detector(load_model(path)); }

  /// Detects objects in 8-bit BGR images, best first. Only images that preprocessing brings to the same size
  /// share a batch, so a result does not depend on the other images.
  std::vector<std::vector<Detection>> detect(const std::vector<images::Image>& images,
                                             const DetectOptions& options) const;

  /// The same for one image.
  std::vector<Detection> detect(const images::Image& image, const DetectOptions& options) const;

  /// Sets the share of tokens the encoder works on (models::Detector::set_keep_ratio) from the next call
  /// of detect on; nullopt restores the model's own.
  void set_keep_ratio(std::optional<double> ratio) {
    model_->set_keep_ratio(ratio.value_or(own_keep_ratio_));
  }

  /// The model's own share, whatever set_keep_ratio has chosen.
  double keep_ratio() const { return own_keep_ratio_; }

  const ModelInfo& info() const { return info_; }
  /// Ready to detect.
  models::Detector& model() const { return *model_; }
  const images::Preprocess& preprocess() const { return preprocess_; }

 private:
  ModelInfo info_;
  std::shared_ptr<models::Detector> model_;
  std::unique_ptr<Forward> forward_;
  images::Preprocess preprocess_;
  double own_keep_ratio_;
};

/// Detections of each image with at least `threshold`, best first. Throws Error for scores or boxes that
/// are not finite.
/// @param originals size of each image before preprocessing; boxes are in its pixels
std::vector<std::vector<Detection>> to_detections(const models::TopDetections& top,
                                                  const std::vector<nn::ImageSize>& originals,
                                                  double threshold);

/// Runs a model in evaluation mode on normalised images of one size, without padding.
/// @param images    (B, 3, H, W)
/// @param originals size of each image before preprocessing; boxes are in its pixels
std::vector<std::vector<Detection>> run_model(models::Detector& model, const at::Tensor& images,
                                              const std::vector<nn::ImageSize>& originals,
                                              const DetectOptions& options);

/// The same through `forward`, which replays what it has recorded.
std::vector<std::vector<Detection>> run_model(const Forward& forward, const at::Tensor& images,
                                              const std::vector<nn::ImageSize>& originals,
                                              const DetectOptions& options);

}  // namespace focus::detector
