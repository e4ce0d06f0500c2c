#include "models/decoders/postprocess.h"

#include <algorithm>

#include "base/error.h"
#include "nn/box_ops.h"

namespace focus::models {

TopDetections top_detections(const nn::Prediction& prediction, int64_t max_detections) {
  TopDetections top;
  if (prediction.scores == nn::ClassScores::kSoftmax) {
    const auto [best, label] = prediction.logits.softmax(-1).slice(-1, 0, prediction.classes()).max(-1);
    std::tie(top.scores, top.queries) = best.topk(std::min(max_detections, best.size(1)), 1);
    top.labels = label.gather(1, top.queries);
  } else {
    const int64_t classes = prediction.classes();
    const auto probability = prediction.logits.sigmoid().flatten(1);
    at::Tensor flat;
    std::tie(top.scores, flat) = probability.topk(std::min(max_detections, probability.size(1)), 1);
    top.labels = flat.remainder(classes);
    top.queries = flat.div(classes, "floor");
  }
  top.boxes = prediction.boxes.gather(1, top.queries.unsqueeze(-1).expand({-1, -1, 4}));
  return top;
}

void require_finite(const at::Tensor& scores, const at::Tensor& boxes, const std::string& whose) {
  for (const auto& [numbers, what] : {std::pair(scores, "scores"), std::pair(boxes, "boxes")}) {
    const auto bad = numbers.isfinite().logical_not().sum().item<int64_t>();
    if (bad == 0) continue;
    fail(
        "{} gives {} {} of {} that are not finite (NaN or infinity): its weights are broken, or too large "
        "for the precision it runs in; take an earlier checkpoint, or float32",
        whose, bad, what, numbers.numel());
  }
}

at::Tensor pixel_boxes(const at::Tensor& boxes, const std::vector<nn::ImageSize>& sizes) {
  std::vector<float> scale;
  for (const auto& size : sizes) {
    const auto w = static_cast<float>(size.width), h = static_cast<float>(size.height);
    scale.insert(scale.end(), {w, h, w, h});
  }
  const auto limit = at::tensor(scale).view({-1, 1, 4}).to(boxes);
  return at::minimum((nn::cxcywh_to_xyxy(boxes) * limit).clamp_min(0), limit);
}

}  // namespace focus::models
