// COCO's box evaluation: the same numbers as pycocotools' COCOeval with its default parameters.
#pragma once

#include <span>

#include "data/annotations.h"
#include "eval/box_detection.h"
#include "eval/coco_metrics.h"

namespace focus::eval {

/// Measures detections against ground truth (https://cocodataset.org/#detection-eval). Images without
/// detections count, too. Classes are evaluated in parallel; the result does not depend on the number of
/// threads. Throws Error for a detection in an image the store does not have and for a score that is not a
/// number. One difference: pycocotools treats an annotation with the id 0 as unmatched; here ids do not
/// matter.
CocoMetrics evaluate(const data::AnnotationStore& store, std::span<const BoxDetection> detections);

}  // namespace focus::eval
