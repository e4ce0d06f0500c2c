// Checks whether the numbers of a results file mean what they are taken to mean, by comparing them with the
// annotations.
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

/// What a results file states of one detection, and the image to which it was joined.
struct StatedResult {
  int64_t image_index = 0;                 ///< In the store, as it was joined.
  std::optional<int64_t> image_number;     ///< `image_id`, if it is a number and was used.
  std::optional<int64_t> category_number;  ///< `category_id`, if it is a number and was used.
};

/// The results that are compared with the annotations.
struct ResultsInDoubt {
  const data::AnnotationStore& store;
  /// As they were read: x, y, width and height are the file's four numbers until the layout is settled.
  std::span<const BoxDetection> detections;
  std::span<const StatedResult> stated;  ///< In the order of the detections.
  const std::string& source;             ///< The file, for messages.
};

/// Throws Error if scores are not from 0 to 1: percentages, logits, distances.
void require_scores(const ResultsInDoubt& results);

/// Checks whether the boxes, read as COCO's [x, y, width, height] in pixels, are something else: corners,
/// fractions, or pixels of a resized or turned image. Throws Error if that is beyond doubt: many detections
/// in several images fit the annotations that way, and not as they are; adds a warning if it is likely.
void require_coco_boxes(const ResultsInDoubt& results, std::vector<std::string>& warnings);

/// The same for other ways to count images.
void require_images(const ResultsInDoubt& results, std::vector<std::string>& warnings);

/// The same for classes counted in their order.
void require_categories(const ResultsInDoubt& results, std::vector<std::string>& warnings);

/// What users should know before they trust the numbers: one line each, with "warning: " or "note: ".
/// @param explained whether another reading was reported already, which explains a poor fit
std::vector<std::string> doubts(const ResultsInDoubt& results, bool explained);

}  // namespace focus::eval
