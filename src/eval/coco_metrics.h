// The results of COCO's box evaluation, as a table and as JSON.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "eval/coco_matching.h"

namespace focus::eval {

constexpr int kRecallPoints = 101;  ///< 0, 0.01 .. 1.
constexpr int kDetectionLimits = 3;
constexpr int kDetectionLimit[kDetectionLimits] = {1, 10, kMaxDetections};  ///< Per image and class.
constexpr double kNothingToCount = -1;  ///< Value of a metric to which no box contributes.

/// Precision and recall for every setting, before averaging; kNothingToCount where a class has no box.
class CocoCurves {
 public:
  explicit CocoCurves(int64_t classes = 0);

  int64_t classes() const { return classes_; }
  /// Precision at recall `point` / 100 with at most 100 detections, made monotonically decreasing.
  double& precision(int threshold, int point, int64_t label, int area_range);
  double precision(int threshold, int point, int64_t label, int area_range) const;
  /// The highest recall with at most kDetectionLimit[limit] detections.
  double& recall(int threshold, int64_t label, int area_range, int limit);
  double recall(int threshold, int64_t label, int area_range, int limit) const;
  /// Average precision of one class over thresholds [first, last).
  double average_precision(int64_t label, int area_range, int first = 0, int last = kIouThresholds) const;

 private:
  size_t precision_index(int threshold, int point, int64_t label, int area_range) const;
  size_t recall_index(int threshold, int64_t label, int area_range, int limit) const;

  int64_t classes_;
  std::vector<double> precision_;  // (label, area_range, threshold, point)
  std::vector<double> recall_;     // (label, area_range, threshold, limit)
};

/// One class. Index into CocoMetrics::classes is the label of the annotation store.
struct ClassMetrics {
  nlohmann::json category_id = 0;  ///< As the data set states it: an integer or text.
  std::string name;
  double ap = kNothingToCount, ap50 = kNothingToCount;
  int64_t boxes = 0;  ///< To be found: without crowds.
};

/// The twelve numbers, each 0 .. 1 or kNothingToCount, and what they come from.
struct CocoMetrics {
  double ap = kNothingToCount, ap50 = kNothingToCount, ap75 = kNothingToCount;
  double ap_small = kNothingToCount, ap_medium = kNothingToCount, ap_large = kNothingToCount;
  double ar_1 = kNothingToCount, ar_10 = kNothingToCount, ar_100 = kNothingToCount;
  double ar_small = kNothingToCount, ar_medium = kNothingToCount, ar_large = kNothingToCount;
  std::vector<ClassMetrics> classes;
  CocoCurves curves;
  /// Detections of a category the annotations do not have. They do not count; usually they mean that the ids
  /// are wrong.
  int64_t unknown_category_detections = 0;

  /// The twelve numbers by COCO's names: "AP", "AP50", ...; kNothingToCount where no box contributes.
  std::map<std::string, double> numbers() const;
  /// {"AP": .., "AP50": .., .., "AR_large": .., "classes": [{"id", "name", "AP", "AP50", "boxes"}]}.
  nlohmann::json to_json() const;
  /// The twelve numbers, then one line per class; each line ends with a line feed.
  std::string table() const;
};

/// Averages the curves into the twelve numbers and those of the classes, whose names, ids and boxes are
/// filled already.
void summarize(CocoMetrics& metrics);

}  // namespace focus::eval
