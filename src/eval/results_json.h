// COCO's results files: [{"image_id", "category_id", "bbox": [x, y, width, height], "score"}, ...].
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "data/annotations.h"
#include "eval/box_detection.h"
#include "eval/result_ids.h"

namespace focus::eval {

/// Whose ids a results file has.
struct ResultIds {
  ImageIds images = ImageIds::kByDataset;
  CategoryIds categories = CategoryIds::kByDataset;
};

struct Results {
  std::vector<BoxDetection> detections;  ///< In file order, with the ids of the data set.
  std::string note;                      ///< How pictures were found, if not by their ids.
};

/// Reads detections; of a picture `image_id` or `file_name` may be missing; further fields are skipped, an
/// empty list is fine. Ids may be text, or integers of any length, as in `store`; a number and the text of
/// that number are taken for the same. Throws Error naming the file, the entry and the field for what is not
/// a results file: no list, a field missing or of a wrong type, a number that is not finite; and for pictures
/// and categories that are not those of `store` (result_ids.h).
Results read_results_json(const std::filesystem::path& path, const data::AnnotationStore& store,
                          const ResultIds& ids = {});

/// Writes detections atomically, so that reading them gives the very same numbers, with the ids that the data
/// set states (AnnotationStore::ids), and with the pictures' file names if ids are places. Throws Error if
/// that fails, a number is not finite, or a category is kUnknownCategory.
void write_results_json(const std::filesystem::path& path, std::span<const BoxDetection> detections,
                        const data::AnnotationStore& store);

}  // namespace focus::eval
