// Which classes are confused, and which images have errors: details that COCO's averages hide.
#pragma once

#include <span>
#include <vector>

#include "data/annotations.h"
#include "eval/box_detection.h"

namespace focus::eval {

/// The outcome for the boxes of one image.
struct ImageFate {
  int64_t index = 0;  ///< of the image in the store
  int64_t found = 0, false_negatives = 0, mistaken = 0,
          false_positives = 0;  ///< mistaken: found as another class
  int64_t errors() const { return false_negatives + mistaken + false_positives; }
};

/// Counts at one score threshold. Boxes and detections are paired in the order of their IoU, highest first,
/// whatever their class, if it is at least 0.5. Unpaired detections with at least half of their area in a
/// crowd are left out.
struct Confusion {
  int64_t classes = 0;
  std::vector<int64_t> counts;  ///< (classes + 1)^2, row: truth, column: answer; the last is "nothing"
  std::vector<ImageFate> images;

  int64_t at(int64_t truth, int64_t answer) const {
    return counts[static_cast<size_t>(truth * (classes + 1) + answer)];
  }
};

/// Detections below `threshold`, of unknown categories or images do not count.
Confusion confusion_of(const data::AnnotationStore& store, std::span<const BoxDetection> detections,
                       double threshold);

}  // namespace focus::eval
