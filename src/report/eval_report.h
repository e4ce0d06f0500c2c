// An evaluation as one page: numbers, curves, confusions, and the images with most errors.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "data/annotations.h"
#include "eval/coco_metrics.h"

namespace focus::report {

struct EvalReport {
  std::string title;
  std::string about;          ///< one line: the model and the data set
  double threshold = 0.3;     ///< of confusions and of the images
  int64_t worst = 8;          ///< at most this many images are shown; 0: none, and none is read
  std::filesystem::path log;  ///< metrics.jsonl of the training; empty: no training curves
};

/// The page, with all its content inside. If an image cannot be read, the page shows the error in its place.
/// Throws Error if the log cannot be read.
std::string eval_report_html(const EvalReport& report, const data::AnnotationStore& store,
                             std::span<const eval::BoxDetection> detections,
                             const eval::CocoMetrics& metrics);

/// Precision over recall at IoU 0.5, of all classes together and, if there are at most seven, of each; empty
/// without boxes.
std::string precision_recall_svg(const eval::CocoMetrics& metrics);

/// AP and AP50 by epoch from a training's metrics.jsonl; empty if it has none.
std::string training_svg(const std::filesystem::path& log);

}  // namespace focus::report
