#include "detector/detection_json.h"

namespace focus::detector {

nlohmann::json to_json(const std::vector<Detection>& detections,
                       const std::vector<data::Category>& categories) {
  auto list = nlohmann::json::array();
  for (const auto& d : detections) {
    const auto& category = categories[static_cast<size_t>(d.label)];
    list.push_back({{"category_id", category.id},
                    {"category", category.name},
                    {"score", d.score},
                    {"bbox", {d.x1, d.y1, d.x2 - d.x1, d.y2 - d.y1}}});
  }
  return list;
}

}  // namespace focus::detector
