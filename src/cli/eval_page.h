// The page that `eval --report` writes.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "data/annotations.h"
#include "eval/coco_metrics.h"

namespace focus::cli {

struct EvalPage {
  std::filesystem::path folder;  ///< For index.html; made if it is missing.
  std::string what;              ///< The model or the file of results.
  std::string truth;             ///< The ground truth, in words.
  std::filesystem::path model;   ///< Empty for a file of results.
  double threshold = 0.3;        ///< Lowest score in the confusion matrix and images.
};

void write_eval_page(const EvalPage& page, const data::AnnotationStore& store,
                     std::span<const eval::BoxDetection> detections, const eval::CocoMetrics& metrics);

}  // namespace focus::cli
