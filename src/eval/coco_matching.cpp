#include "eval/coco_matching.h"

#include <algorithm>
#include <cmath>

namespace focus::eval {
namespace {

bool outside(double area, int area_range) {
  return area < kAreaBounds[area_range][0] || area > kAreaBounds[area_range][1];
}

/// The IoU; for a crowd, as in pycocotools, the part of the detection that lies in it.
double overlap_with(const BoxDetection& detection, const data::Annotation& truth) {
  const Box box = detection.box(), other = truth.box();
  return truth.crowd ? shared_area(box, other) / detection.area()
                     : iou(box, detection.area(), other, truth.box_area());
}

}  // namespace

double iou_threshold(int index) {
  constexpr double kFirst = 0.5, kLast = 0.95;
  constexpr double kStep = (kLast - kFirst) / (kIouThresholds - 1);
  return index == kIouThresholds - 1 ? kLast : index * kStep + kFirst;
}

bool is_ignored(const data::Annotation& truth, int area_range) {
  return truth.crowd || outside(truth.area, area_range);
}

void ImageMatcher::match(std::span<const BoxDetection* const> detections,
                         std::span<const data::Annotation* const> truths,
                         std::vector<MatchedDetection>& out) {
  const size_t count = std::min<size_t>(detections.size(), kMaxDetections);
  const size_t first = out.size();
  ious_.clear();
  best_iou_.clear();
  for (size_t d = 0; d < count; ++d) {
    out.push_back({.score = detections[d]->score, .rank = static_cast<int>(d)});
    double best = 0;
    for (const auto* truth : truths) {
      ious_.push_back(overlap_with(*detections[d], *truth));
      best = std::fmax(best, ious_.back());
    }
    best_iou_.push_back(best);
  }
  const std::span<MatchedDetection> added(out.data() + first, count);
  for (int a = 0; a < kAreaRanges; ++a) {
    if (!truths.empty()) match_area_range(truths, added, a);
    for (size_t d = 0; d < count; ++d) {
      constexpr uint16_t kAll = (1u << kIouThresholds) - 1;
      if (outside(detections[d]->area(), a)) {
        added[d].ignored[a] = static_cast<uint16_t>(added[d].ignored[a] | (kAll & ~added[d].matched[a]));
      }
    }
  }
}

void ImageMatcher::match_area_range(std::span<const data::Annotation* const> truths,
                                    std::span<MatchedDetection> detections, int area_range) {
  // Boxes that count come first: an ignored one is matched only if none of them fits.
  order_.clear();
  ignored_.clear();
  for (const auto* truth : truths) ignored_.push_back(is_ignored(*truth, area_range));
  for (const uint8_t ignored : {0, 1}) {
    for (size_t g = 0; g < truths.size(); ++g) {
      if (ignored_[g] == ignored) order_.push_back(g);
    }
  }
  for (int t = 0; t < kIouThresholds; ++t) {
    const double threshold = std::min(iou_threshold(t), 1 - 1e-10);
    taken_.assign(truths.size(), 0);
    for (size_t d = 0; d < detections.size(); ++d) {
      if (best_iou_[d] < threshold) continue;
      const double* row = ious_.data() + d * truths.size();
      double best_iou = threshold;
      const size_t kNone = truths.size();
      size_t best = kNone;
      for (const size_t g : order_) {
        if (taken_[g] && !truths[g]->crowd) continue;
        if (best != kNone && !ignored_[best] && ignored_[g]) break;
        if (!(row[g] >= best_iou)) continue;  // NaN from an overflow is not a match
        best_iou = row[g];
        best = g;
      }
      if (best == kNone) continue;
      taken_[best] = 1;
      const auto bit = static_cast<uint16_t>(1u << t);
      detections[d].matched[area_range] |= bit;
      if (ignored_[best]) detections[d].ignored[area_range] |= bit;
    }
  }
}

}  // namespace focus::eval
