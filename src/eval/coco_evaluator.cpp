#include "eval/coco_evaluator.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <unordered_map>

#include "base/error.h"
#include "eval/coco_matching.h"

namespace focus::eval {
namespace {

/// The boxes and detections of one class. Images are numbered by ascending id, the order equal scores are
/// ranked in.
struct ClassEntries {
  struct Truth {
    size_t image;
    const data::Annotation* box;
  };
  struct Detection {
    size_t image;
    const BoxDetection* box;
  };
  std::vector<Truth> truths;
  std::vector<Detection> detections;
};

std::vector<ClassEntries> split_by_class(const data::AnnotationStore& store,
                                         std::span<const BoxDetection> detections,
                                         int64_t& unknown_categories) {
  std::vector<ClassEntries> classes(store.categories().size());
  std::vector<int64_t> by_id(static_cast<size_t>(store.size()));
  std::iota(by_id.begin(), by_id.end(), 0);
  std::sort(by_id.begin(), by_id.end(),
            [&](int64_t a, int64_t b) { return store.image(a).id < store.image(b).id; });
  std::unordered_map<int64_t, size_t> image_of;
  for (size_t image = 0; image < by_id.size(); ++image) {
    image_of.emplace(store.image(by_id[image]).id, image);
    for (const auto& box : store.annotations(by_id[image])) {
      classes.at(static_cast<size_t>(box.label)).truths.push_back({image, &box});
    }
  }
  std::unordered_map<int64_t, size_t> label_of;
  for (size_t label = 0; label < classes.size(); ++label)
    label_of.emplace(store.categories()[label].id, label);
  for (const auto& box : detections) {
    const auto image = image_of.find(box.image_id);
    if (image == image_of.end()) {
      fail("evaluation: a detection belongs to image {}, which the annotations do not have",
           store.ids().images.shown(box.image_id));
    }
    if (std::isnan(box.score))
      fail("evaluation: a detection in image {} has a score that is not a number",
           store.ids().images.shown(box.image_id));
    const auto label = label_of.find(box.category_id);
    if (label == label_of.end()) {
      ++unknown_categories;
    } else {
      classes[label->second].detections.push_back({image->second, &box});
    }
  }
  return classes;
}

/// All detections of a class with their matches, best first; equal scores by image, then by rank.
std::vector<MatchedDetection> match_class(ClassEntries& entries) {
  auto& detections = entries.detections;
  std::stable_sort(detections.begin(), detections.end(), [](const auto& a, const auto& b) {
    return a.image != b.image ? a.image < b.image : a.box->score > b.box->score;
  });
  ImageMatcher matcher;
  std::vector<MatchedDetection> matched;
  std::vector<const BoxDetection*> found;
  std::vector<const data::Annotation*> truths;
  size_t next_truth = 0;
  for (size_t first = 0; first < detections.size();) {
    const size_t image = detections[first].image;
    found.clear();
    truths.clear();
    for (; first < detections.size() && detections[first].image == image; ++first) {
      found.push_back(detections[first].box);
    }
    while (next_truth < entries.truths.size() && entries.truths[next_truth].image < image) ++next_truth;
    for (; next_truth < entries.truths.size() && entries.truths[next_truth].image == image; ++next_truth) {
      truths.push_back(entries.truths[next_truth].box);
    }
    matcher.match(found, truths, matched);
  }
  std::stable_sort(matched.begin(), matched.end(),
                   [](const auto& a, const auto& b) { return a.score > b.score; });
  return matched;
}

/// Precision at each recall point and the recall reached, for one threshold and area range with `boxes`
/// objects to find.
void accumulate(const std::vector<MatchedDetection>& detections, int64_t boxes, int threshold, int area,
                int64_t label, CocoCurves& curves, std::vector<double>& precision,
                std::vector<double>& recall) {
  precision.clear();
  recall.clear();
  const auto total = static_cast<double>(boxes);
  int64_t right = 0, wrong = 0;
  int64_t right_within[kDetectionLimits] = {};
  for (const auto& detection : detections) {
    if (detection.ignored[area] >> threshold & 1) continue;
    const bool is_right = detection.matched[area] >> threshold & 1;
    (is_right ? right : wrong) += 1;
    for (int limit = 0; limit < kDetectionLimits; ++limit) {
      right_within[limit] += is_right && detection.rank < kDetectionLimit[limit];
    }
    recall.push_back(static_cast<double>(right) / total);
    precision.push_back(static_cast<double>(right) /
                        (static_cast<double>(wrong + right) + std::numeric_limits<double>::epsilon()));
  }
  for (size_t i = precision.size(); i-- > 1;) precision[i - 1] = std::max(precision[i - 1], precision[i]);
  for (int limit = 0; limit < kDetectionLimits; ++limit) {
    curves.recall(threshold, label, area, limit) = static_cast<double>(right_within[limit]) / total;
  }
  size_t at = 0;
  for (int point = 0; point < kRecallPoints; ++point) {
    const double wanted = point == kRecallPoints - 1 ? 1 : point * 0.01;
    while (at < recall.size() && recall[at] < wanted) ++at;
    curves.precision(threshold, point, label, area) = at < recall.size() ? precision[at] : 0;
  }
}

void evaluate_class(ClassEntries& entries, int64_t label, CocoMetrics& metrics) {
  const std::vector<MatchedDetection> detections = match_class(entries);
  std::vector<double> precision, recall;
  for (int area = 0; area < kAreaRanges; ++area) {
    const int64_t boxes = std::count_if(entries.truths.begin(), entries.truths.end(),
                                        [&](const auto& truth) { return !is_ignored(*truth.box, area); });
    if (boxes == 0) continue;
    for (int threshold = 0; threshold < kIouThresholds; ++threshold) {
      accumulate(detections, boxes, threshold, area, label, metrics.curves, precision, recall);
    }
  }
  metrics.classes[static_cast<size_t>(label)].boxes = std::count_if(
      entries.truths.begin(), entries.truths.end(), [](const auto& truth) { return !truth.box->crowd; });
}

}  // namespace

CocoMetrics evaluate(const data::AnnotationStore& store, std::span<const BoxDetection> detections) {
  CocoMetrics metrics;
  auto classes = split_by_class(store, detections, metrics.unknown_category_detections);
  const auto count = static_cast<int64_t>(classes.size());
  metrics.curves = CocoCurves(count);
  for (const auto& category : store.categories()) {
    metrics.classes.push_back(
        {.category_id = store.ids().categories.value_of(category.id), .name = category.name});
  }
  at::parallel_for(0, count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t label = begin; label < end; ++label) {
      evaluate_class(classes[static_cast<size_t>(label)], label, metrics);
    }
  });
  summarize(metrics);
  return metrics;
}

}  // namespace focus::eval
