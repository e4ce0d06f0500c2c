// Detections as JSON, the same wherever the program writes them.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "detector/detector.h"

namespace focus::detector {

/// [{"category_id", "category", "score", "bbox": [x, y, width, height]}], in pixels of the image.
nlohmann::json to_json(const std::vector<Detection>& detections,
                       const std::vector<data::Category>& categories);

}  // namespace focus::detector
