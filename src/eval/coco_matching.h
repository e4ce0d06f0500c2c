// Which detections of an image are right: COCO's greedy matching, for every IoU threshold and area range at
// once.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "data/annotations.h"
#include "eval/box_detection.h"

namespace focus::eval {

constexpr int kIouThresholds = 10;   ///< 0.50, 0.55 .. 0.95.
constexpr int kAreaRanges = 4;       ///< all, small, medium, large.
constexpr int kMaxDetections = 100;  ///< Per image and class; more have no influence.
constexpr double kAreaBounds[kAreaRanges][2] = {{0, 1e10}, {0, 32 * 32}, {32 * 32, 96 * 96}, {96 * 96, 1e10}};

/// The threshold at `index`, 0 .. kIouThresholds-1, bit for bit that of COCO's evaluation.
double iou_threshold(int index);

/// A detection with its matches. Bit t of a mask belongs to iou_threshold(t), element a of an array to area
/// range a.
struct MatchedDetection {
  double score = 0;
  int rank = 0;  ///< Place among the detections of its image and class, best first.
  std::array<uint16_t, kAreaRanges> matched{};  ///< It has a partner.
  std::array<uint16_t, kAreaRanges> ignored{};  ///< It counts neither as right nor as wrong.
};

/// Whether a ground truth box is ignored, so that it need not be found, and finding it is not wrong: crowds,
/// and boxes outside the area range.
bool is_ignored(const data::Annotation& truth, int area_range);

/// Matches detections to ground truth. Keeps working memory between calls; use one per thread.
class ImageMatcher {
 public:
  /// Appends the best kMaxDetections of `detections` to `out`, best first. Both lists are of one image and
  /// one class; detections are sorted by descending score, equal scores in the order of the results file. IoU
  /// with a crowd is intersection over the detection's area, and a crowd can be matched many times.
  void match(std::span<const BoxDetection* const> detections, std::span<const data::Annotation* const> truths,
             std::vector<MatchedDetection>& out);

 private:
  void match_area_range(std::span<const data::Annotation* const> truths,
                        std::span<MatchedDetection> detections, int area_range);

  std::vector<double> ious_;  // (detections, truths)
  std::vector<double> best_iou_;
  std::vector<size_t> order_;
  std::vector<uint8_t> ignored_, taken_;
};

}  // namespace focus::eval
