// What detections are taken for, and which images go wrong: for people, beside COCO's averages.
#pragma once

#include <span>
#include <vector>

#include "data/annotations.h"
#include "eval/box_detection.h"

namespace focus::eval {

/// How the boxes of one image fared.
struct ImageFate {
  int64_t index = 0;  ///< of the image in the store
  int64_t found = 0, false_negatives = 0, mistaken = 0,
          false_positives = 0;  ///< mistaken: found as another class
  int64_t errors() const { return false_negatives + mistaken + false_positives; }
};

/// Counts at one score threshold. Boxes and detections are paired from the highest overlap on, whatever
/// their class, if their IoU is at least 0.5. Detections that lie in a crowd by half are left out unless
/// paired.
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
