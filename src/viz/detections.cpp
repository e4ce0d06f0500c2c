#include "viz/detections.h"

namespace focus::viz {

std::vector<DrawnBox> boxes_of(const std::vector<detector::Detection>& detections,
                               const std::vector<data::Category>& categories) {
  std::vector<DrawnBox> boxes;
  boxes.reserve(detections.size());
  for (const auto& d : detections) {
    boxes.push_back({d, categories[static_cast<size_t>(d.label)].name, d.score, d.label});
  }
  return boxes;
}

}  // namespace focus::viz
