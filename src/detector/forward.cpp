#include "detector/forward.h"

#include <algorithm>

#include "base/profile.h"

namespace focus::detector {

nn::ImageBatch unpadded_batch(const at::Tensor& images) {
  nn::ImageBatch batch;
  batch.images = images;
  batch.sizes.assign(static_cast<size_t>(images.size(0)), {images.size(2), images.size(3)});
  batch.padding_mask = nn::padding_mask_of(batch.sizes, images.size(2), images.size(3)).to(images.device());
  return batch;
}

models::TopDetections best_detections(models::Detector& model, const nn::ImageBatch& batch,
                                      int64_t max_detections) {
  const at::NoGradGuard no_grad;
  const auto output = model.forward(batch);
  const ProfileScope span("postprocess");
  return models::top_detections(output.layers.back(),
                                std::min(max_detections, model.options().max_detections));
}

models::TopDetections Forward::operator()(const at::Tensor& images, int64_t max_detections) const {
  const at::NoGradGuard no_grad;
  const auto launch = [&] { return best_detections(model_, unpadded_batch(images), max_detections); };
  if (!recorder_) return launch();

  const std::lock_guard lock(mutex_);
  const Key key{images.sizes().vec(), max_detections, model_.keep_ratio()};
  const auto known = std::find_if(recorded_.begin(), recorded_.end(),
                                  [&](const Recorded& recorded) { return recorded.key == key; });
  if (known == recorded_.end()) {
    recorded_.push_front({key, {}, {}, nullptr});
    if (recorded_.size() > kMaxShapes) recorded_.pop_back();
    return launch();
  }
  recorded_.splice(recorded_.begin(), recorded_, known);
  if (!known->recording && !known->failed) record(*known, images);
  return known->recording ? replay(*known, images) : launch();
}

void Forward::record(Recorded& recorded, const at::Tensor& images) const {
  recorded.batch = unpadded_batch(images.to(model_.device(), /*non_blocking=*/false, /*copy=*/true));
  try {
    recorded.recording = recorder_(
        [&] { recorded.top = best_detections(model_, recorded.batch, recorded.key.max_detections); });
  } catch (const std::exception& error) {
    failure_ = error.what();
    recorded.failed = true;
    recorded.batch = {};
    recorded.top = {};
  }
}

models::TopDetections Forward::replay(Recorded& recorded, const at::Tensor& images) const {
  recorded.batch.images.copy_(images, /*non_blocking=*/true);
  recorded.recording->replay();
  // The next replay writes to the same memory.
  const auto& top = recorded.top;
  return {top.scores.clone(), top.labels.clone(), top.boxes.clone(), top.queries.clone()};
}

std::string Forward::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

}  // namespace focus::detector
