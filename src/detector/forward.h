// From normalised images to a model's best detections, both on the model's device.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "detector/replay.h"
#include "models/decoders/postprocess.h"
#include "models/detector.h"

namespace focus::detector {

/// A batch of images of one size without padding.
/// @param images (B, 3, H, W), normalised
nn::ImageBatch unpadded_batch(const at::Tensor& images);

/// A model's best detections of a batch, at most its own limit.
models::TopDetections best_detections(models::Detector& model, const nn::ImageBatch& batch,
                                      int64_t max_detections);

/// Runs a model in evaluation mode. Where its device can record (detector/replay.h), the second run of a
/// shape is recorded and later ones are replayed, so that launching does not take longer than computing; the
/// first run is not recorded because libraries initialise during it. Several threads may call it.
class Forward {
 public:
  /// @param model must outlive this object and stay on its device
  explicit Forward(models::Detector& model) : Forward(model, recorder_of(model.device())) {}
  Forward(models::Detector& model, Recorder recorder) : model_(model), recorder_(std::move(recorder)) {}

  /// @param images          (B, 3, H, W), normalised, on any device
  /// @param max_detections  at most the model's own limit are returned
  models::TopDetections operator()(const at::Tensor& images, int64_t max_detections) const;

  models::Detector& model() const { return model_; }

  /// Why the last failed recording failed; empty if none did. Forward passes of that shape are launched
  /// kernel by kernel.
  std::string failure() const;

  /// Recordings of at most this many shapes are kept, the most recently used ones: each holds the memory of a
  /// forward pass.
  static constexpr size_t kMaxShapes = 8;

 private:
  /// What a run must have in common with a recording.
  struct Key {
    std::vector<int64_t> shape;
    int64_t max_detections;
    double keep_ratio;
    bool operator==(const Key&) const = default;
  };
  struct Recorded {
    Key key;
    nn::ImageBatch batch;       ///< What the recording reads; undefined before it is made.
    models::TopDetections top;  ///< What it writes.
    std::unique_ptr<Recording>
        recording;  ///< Null until the second run, and permanently if recording failed.
    bool failed = false;
  };

  models::TopDetections replay(Recorded& recorded, const at::Tensor& images) const;
  void record(Recorded& recorded, const at::Tensor& images) const;

  models::Detector& model_;
  Recorder recorder_;
  mutable std::mutex mutex_;
  mutable std::list<Recorded> recorded_;  ///< Most recently used first.
  mutable std::string failure_;
};

}  // namespace focus::detector
