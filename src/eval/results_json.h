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

/// What the ids of a results file are, and how its boxes are written.
struct ResultIds {
  ImageIds images = ImageIds::kByDataset;
  CategoryIds categories = CategoryIds::kByDataset;
  BoxLayout boxes = {};
};

struct Results {
  std::vector<BoxDetection> detections;  ///< In file order, with the ids of the data set.
  /// How images and classes were found, if not by their ids, and doubts about the results (doubts()): one
  /// line each, with "note: " or "warning: ".
  std::vector<std::string> notes;
};

/// Reads detections. One of `image_id` and `file_name` may be missing; `category_id` may be the class's name,
/// or be missing if there is `category_name`. Other fields are skipped; an empty list gives a warning. Ids
/// may be text, or integers of any length, as in `store`; a number and the text of that number count as the
/// same. A data set in COCO's format whose annotations have scores, as FiftyOne exports predictions, is
/// joined by file names and class names. Throws Error naming the file, the entry and the field for what is
/// not a results file: not a list, a field missing or of a wrong type, a number that is not finite, a score
/// that is not from 0 to 1; for images and categories that are not those of `store` (result_ids.h); and for
/// numbers that do not mean what COCO's format says (result_evidence.h).
Results read_results_json(const std::filesystem::path& path, const data::AnnotationStore& store,
                          const ResultIds& ids = {});

/// Writes detections atomically, so that reading them gives exactly the same numbers, with the ids that the
/// data set states (AnnotationStore::ids), and with the images' file names if ids are positions. Throws Error
/// if that fails, a number is not finite, or a category is kUnknownCategory.
void write_results_json(const std::filesystem::path& path, std::span<const BoxDetection> detections,
                        const data::AnnotationStore& store);

}  // namespace focus::eval
