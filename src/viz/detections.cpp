#include "viz/detections.h"

namespace focus::viz {

std::vector<Box> boxes_of(const std::vector<detector::Detection>& detections,
                          const std::vector<data::Category>& categories) {
  std::vector<Box> boxes;
  boxes.reserve(detections.size());
  for (const auto& d : detections) {
    boxes.push_back(
        {d.x1, d.y1, d.x2, d.y2, categories[static_cast<size_t>(d.label)].name, d.score, d.label});
  }
  return boxes;
}

}  // namespace focus::viz
