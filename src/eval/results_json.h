// COCO's results files: [{"image_id", "category_id", "bbox": [x, y, width, height], "score"}, ...].
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "data/annotations.h"
#include "eval/box_detection.h"
#include "eval/box_layout.h"
#include "eval/result_ids.h"

namespace focus::eval {

/// Whose ids a results file has, and how its boxes are written.
struct ResultIds {
  ImageIds images = ImageIds::kByDataset;
  CategoryIds categories = CategoryIds::kByDataset;
  BoxLayout boxes = {};
};

struct Results {
  std::vector<BoxDetection> detections;  ///< In file order, with the ids of the data set.
  /// How images and classes were found, if not by their ids, and what there is to doubt (doubts()): a line
  /// each, with "note: " or "warning: ".
  std::vector<std::string> notes;
};

/// Reads detections; of an image `image_id` or `file_name` may be missing, of a class `category_id` may be
/// its name, or be missing beside `category_name`; further fields are skipped, an empty list is warned of.
/// Ids may be text, or integers of any length, as in `store`; a number and the text of that number are taken
/// for the same. A data set in COCO's format whose annotations have scores, as FiftyOne exports predictions,
/// is joined by its own file names and class names. Throws Error naming the file, the entry and the field for
/// what is not a results file: no list, a field missing or of a wrong type, a number that is not finite, a
/// score that is not 0 to 1; for images and categories that are not those of `store` (result_ids.h); and for
/// numbers that do not mean what COCO's format says (result_evidence.h).
Results read_results_json(const std::filesystem::path& path, const data::AnnotationStore& store,
                          const ResultIds& ids = {});

/// Writes detections atomically, so that reading them gives the very same numbers, with the ids that the data
/// set states (AnnotationStore::ids), and with the images' file names if ids are places. Throws Error if
/// that fails, a number is not finite, or a category is kUnknownCategory.
void write_results_json(const std::filesystem::path& path, std::span<const BoxDetection> detections,
                        const data::AnnotationStore& store);

}  // namespace focus::eval
