#include "detector/detector.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/profile.h"

namespace focus::detector {

std::vector<std::vector<Detection>> to_detections(const models::TopDetections& top,
                                                  const std::vector<nn::ImageSize>& originals,
                                                  double threshold) {
  const auto boxes = models::pixel_boxes(top.boxes, originals).to(at::kCPU, at::kDouble).contiguous();
  const auto scores = top.scores.to(at::kCPU, at::kDouble).contiguous();
  models::require_finite(scores, boxes, "the model");
  const auto labels = top.labels.to(at::kCPU).contiguous();
  std::vector<std::vector<Detection>> detections(originals.size());
  const int64_t count = scores.size(1);
  for (size_t i = 0; i < originals.size(); ++i) {
    const auto first = static_cast<int64_t>(i) * count;
    for (int64_t k = first; k < first + count; ++k) {
      const double score = scores.data_ptr<double>()[k];
      if (!(score >= threshold)) break;
      const double* box = boxes.data_ptr<double>() + 4 * k;
      detections[i].push_back({box[0], box[1], box[2], box[3], score, labels.data_ptr<int64_t>()[k]});
    }
  }
  return detections;
}

std::vector<std::vector<Detection>> run_model(models::Detector& model, const at::Tensor& images,
                                              const std::vector<nn::ImageSize>& originals,
                                              const DetectOptions& options) {
  return to_detections(best_detections(model, unpadded_batch(images), options.max_detections), originals,
                       options.threshold);
}

std::vector<std::vector<Detection>> run_model(const Forward& forward, const at::Tensor& images,
                                              const std::vector<nn::ImageSize>& originals,
                                              const DetectOptions& options) {
  return to_detections(forward(images, options.max_detections), originals, options.threshold);
}

Detector::Detector(LoadedModel model, const Placement& placement)
    : info_(std::move(model.info)),
      model_(std::move(model.model)),
      preprocess_(info_.preprocess),
      own_keep_ratio_(model_->keep_ratio()) {
  place(*model_, placement, info_.calibration);
  forward_ = std::make_unique<Forward>(*model_);
}

std::vector<std::vector<Detection>> Detector::detect(const std::vector<images::Image>& images,
                                                     const DetectOptions& options) const {
  std::map<std::pair<int64_t, int64_t>, std::vector<size_t>> by_size;
  const auto device = model_->device();
  std::vector<at::Tensor> inputs;
  ProfileScope span("preprocess");
  for (size_t i = 0; i < images.size(); ++i) {
    if (!images::is_bgr(images[i])) fail("image {} is empty or not 8-bit BGR", i);
    inputs.push_back(device.is_cpu() ? preprocess_(images[i]) : preprocess_.on_device(images[i], device));
    by_size[{inputs[i].size(1), inputs[i].size(2)}].push_back(i);
  }
  span.end();
  std::vector<std::vector<Detection>> results(images.size());
  for (const auto& entry : by_size) {
    std::vector<at::Tensor> stacked;
    std::vector<nn::ImageSize> originals;
    for (const size_t i : entry.second) {
      stacked.push_back(inputs[i]);
      originals.push_back(images::size_of(images[i]));
    }
    auto found = run_model(*forward_, at::stack(stacked), originals, options);
    for (size_t k = 0; k < found.size(); ++k) results[entry.second[k]] = std::move(found[k]);
  }
  return results;
}

std::vector<Detection> Detector::detect(const images::Image& image, const DetectOptions& options) const {
  return detect(std::vector<images::Image>{image}, options).front();
}

}  // namespace focus::detector
