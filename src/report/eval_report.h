// An evaluation as one page: numbers, curves, confusions, and the images that went worst.
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
  std::string about;          ///< what was evaluated on what, one line
  double threshold = 0.3;     ///< of confusions and of the images
  int64_t worst = 8;          ///< most images shown; 0: none, and none is read
  std::filesystem::path log;  ///< metrics.jsonl of the training; empty: no training curves
};

/// The page, with everything it shows inside it. Images that cannot be read are named in their place.
/// Throws Error if the log cannot be read.
std::string eval_report_html(const EvalReport& report, const data::AnnotationStore& store,
                             std::span<const eval::BoxDetection> detections,
                             const eval::CocoMetrics& metrics);

/// Precision against recall at IoU 0.5, of all classes and of up to seven of them; empty without boxes.
std::string precision_recall_svg(const eval::CocoMetrics& metrics);

/// Losses and AP by epoch from a training's metrics.jsonl; empty if it has none.
std::string training_svg(const std::filesystem::path& log);

}  // namespace focus::report
