// COCO's results files: [{"image_id", "category_id", "bbox": [x, y, width, height], "score"}, ...].
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "data/annotations.h"
#include "eval/box_detection.h"

namespace focus::eval {

/// Reads detections in file order; further fields are skipped, an empty list is fine. Throws Error naming the
/// file, the entry and the field for what is not a results file: no list, a field missing or of a wrong type,
/// a number that is not finite, a picture `store` does not have.
std::vector<BoxDetection> read_results_json(const std::filesystem::path& path,
                                            const data::AnnotationStore& store);

/// Writes detections atomically, so that reading them gives the very same numbers. Throws Error if that fails
/// or a number is not finite.
void write_results_json(const std::filesystem::path& path, std::span<const BoxDetection> detections);

}  // namespace focus::eval
