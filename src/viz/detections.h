// Detections as boxes to draw.
#pragma once

#include <vector>

#include "data/annotations.h"
#include "detector/detector.h"
#include "viz/draw.h"

namespace focus::viz {

/// @param categories the model's, which labels are indices of
std::vector<DrawnBox> boxes_of(const std::vector<detector::Detection>& detections,
                               const std::vector<data::Category>& categories);

}  // namespace focus::viz
