// Whether a results file's numbers mean what they are taken for: by the annotations that they should lie on.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/annotations.h"
#include "eval/box_detection.h"
#include "eval/box_layout.h"
#include "eval/result_ids.h"

namespace focus::eval {

/// What a results file says of one detection, beside what it was joined to.
struct StatedResult {
  int64_t image_index = 0;                 ///< In the store, as it was joined.
  std::optional<int64_t> image_number;     ///< `image_id`, if it is a number and it decided.
  std::optional<int64_t> category_number;  ///< `category_id`, if it is a number and it decided.
};

/// What is compared.
struct ResultsInDoubt {
  const data::AnnotationStore& store;
  /// As they are taken: x, y, width and height are the file's four numbers until the layout is settled.
  std::span<const BoxDetection> detections;
  std::span<const StatedResult> stated;  ///< As the detections.
  const std::string& source;             ///< The file, for messages.
};

/// Throws Error if scores are not 0 to 1: percent, logits, distances.
void require_scores(const ResultsInDoubt& results);

/// Asks whether the boxes, read as COCO's [x, y, width, height] in pixels, are meant otherwise: as corners,
/// in fractions, in pixels of a resized or turned image. Throws Error if that is beyond doubt: many
/// detections in several images fit the annotations so, and not as they are; otherwise adds a warning, if
/// there is one.
void require_coco_boxes(const ResultsInDoubt& results, std::vector<std::string>& warnings);

/// The same of another way to count images.
void require_images(const ResultsInDoubt& results, std::vector<std::string>& warnings);

/// The same of classes counted in their order.
void require_categories(const ResultsInDoubt& results, std::vector<std::string>& warnings);

/// What a person should know before believing the numbers: a line each, with "warning: " or "note: ".
/// @param explained another reading was named already, so that a poor fit is no news
std::vector<std::string> doubts(const ResultsInDoubt& results, bool explained);

}  // namespace focus::eval
