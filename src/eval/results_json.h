// COCO's results files: [{"image_id", "category_id", "bbox": [x, y, width, height], "score"}, ...].
#pragma once

#include <filesystem>
#include <limits>
#include <span>
#include <vector>

#include "data/annotations.h"
#include "eval/box_detection.h"

namespace focus::eval {

/// What stands for a category that the annotations do not have and whose id is no 64-bit integer.
constexpr int64_t kUnknownCategory = std::numeric_limits<int64_t>::min();

/// Reads detections in file order; further fields are skipped, an empty list is fine. Ids may be text, or
/// integers of any length, as in `store`; a number and the text of that number are taken for the same. Throws
/// Error naming the file, the entry and the field for what is not a results file: no list, a field missing or
/// of a wrong type, a number that is not finite, a picture `store` does not have.
std::vector<BoxDetection> read_results_json(const std::filesystem::path& path,
                                            const data::AnnotationStore& store);

/// Writes detections atomically, so that reading them gives the very same numbers, with the ids that the data
/// set states (AnnotationStore::ids). Throws Error if that fails, a number is not finite, or a category is
/// kUnknownCategory.
void write_results_json(const std::filesystem::path& path, std::span<const BoxDetection> detections,
                        const data::DatasetIds& ids = {});

}  // namespace focus::eval
