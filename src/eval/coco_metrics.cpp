#include "eval/coco_metrics.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "base/error.h"

namespace focus::eval {
namespace {

enum Area { kAll, kSmall, kMedium, kLarge };

struct Named {
  const char* key;
  double CocoMetrics::*value;
  const char* meaning;
};

constexpr Named kNumbers[] = {
    {"AP", &CocoMetrics::ap, "IoU 0.50:0.95, all sizes, 100 detections"},
    {"AP50", &CocoMetrics::ap50, "IoU 0.50"},
    {"AP75", &CocoMetrics::ap75, "IoU 0.75"},
    {"AP_small", &CocoMetrics::ap_small, "area below 32 x 32 pixels"},
    {"AP_medium", &CocoMetrics::ap_medium, "area between"},
    {"AP_large", &CocoMetrics::ap_large, "area above 96 x 96 pixels"},
    {"AR_1", &CocoMetrics::ar_1, "IoU 0.50:0.95, all sizes, 1 detection"},
    {"AR_10", &CocoMetrics::ar_10, "10 detections"},
    {"AR_100", &CocoMetrics::ar_100, "100 detections"},
    {"AR_small", &CocoMetrics::ar_small, "area below 32 x 32 pixels"},
    {"AR_medium", &CocoMetrics::ar_medium, "area between"},
    {"AR_large", &CocoMetrics::ar_large, "area above 96 x 96 pixels"},
};

/// The mean of values, without those that are kNothingToCount.
class Mean {
 public:
  void add(double value) {
    if (value <= kNothingToCount) return;
    sum_ += value;
    ++count_;
  }
  double value() const { return count_ == 0 ? kNothingToCount : sum_ / static_cast<double>(count_); }

 private:
  double sum_ = 0;
  int64_t count_ = 0;
};

void add_precision(Mean& mean, const CocoCurves& curves, int64_t label, int area, int first, int last) {
  for (int t = first; t < last; ++t) {
    for (int point = 0; point < kRecallPoints; ++point) mean.add(curves.precision(t, point, label, area));
  }
}

double mean_precision(const CocoCurves& curves, int area, int first = 0, int last = kIouThresholds) {
  Mean mean;
  for (int64_t label = 0; label < curves.classes(); ++label)
    add_precision(mean, curves, label, area, first, last);
  return mean.value();
}

double mean_recall(const CocoCurves& curves, int area, int limit) {
  Mean mean;
  for (int64_t label = 0; label < curves.classes(); ++label) {
    for (int t = 0; t < kIouThresholds; ++t) mean.add(curves.recall(t, label, area, limit));
  }
  return mean.value();
}

std::string shown(double value) { return value <= kNothingToCount ? "-" : fmt::format("{:.3f}", value); }

}  // namespace

CocoCurves::CocoCurves(int64_t classes)
    : classes_(classes),
      precision_(static_cast<size_t>(classes) * kAreaRanges * kIouThresholds * kRecallPoints,
                 kNothingToCount),
      recall_(static_cast<size_t>(classes) * kAreaRanges * kIouThresholds * kDetectionLimits,
              kNothingToCount) {}

size_t CocoCurves::precision_index(int threshold, int point, int64_t label, int area_range) const {
  return ((static_cast<size_t>(label) * kAreaRanges + area_range) * kIouThresholds + threshold) *
             kRecallPoints +
         point;
}

size_t CocoCurves::recall_index(int threshold, int64_t label, int area_range, int limit) const {
  return ((static_cast<size_t>(label) * kAreaRanges + area_range) * kIouThresholds + threshold) *
             kDetectionLimits +
         limit;
}

double& CocoCurves::precision(int threshold, int point, int64_t label, int area_range) {
  return precision_.at(precision_index(threshold, point, label, area_range));
}

double CocoCurves::precision(int threshold, int point, int64_t label, int area_range) const {
  return precision_.at(precision_index(threshold, point, label, area_range));
}

double& CocoCurves::recall(int threshold, int64_t label, int area_range, int limit) {
  return recall_.at(recall_index(threshold, label, area_range, limit));
}

double CocoCurves::recall(int threshold, int64_t label, int area_range, int limit) const {
  return recall_.at(recall_index(threshold, label, area_range, limit));
}

double CocoCurves::average_precision(int64_t label, int area_range, int first, int last) const {
  Mean mean;
  add_precision(mean, *this, label, area_range, first, last);
  return mean.value();
}

void summarize(CocoMetrics& metrics) {
  const CocoCurves& curves = metrics.curves;
  constexpr int kAt75 = 5;
  metrics.ap = mean_precision(curves, kAll);
  metrics.ap50 = mean_precision(curves, kAll, 0, 1);
  metrics.ap75 = mean_precision(curves, kAll, kAt75, kAt75 + 1);
  metrics.ap_small = mean_precision(curves, kSmall);
  metrics.ap_medium = mean_precision(curves, kMedium);
  metrics.ap_large = mean_precision(curves, kLarge);
  metrics.ar_1 = mean_recall(curves, kAll, 0);
  metrics.ar_10 = mean_recall(curves, kAll, 1);
  metrics.ar_100 = mean_recall(curves, kAll, 2);
  metrics.ar_small = mean_recall(curves, kSmall, 2);
  metrics.ar_medium = mean_recall(curves, kMedium, 2);
  metrics.ar_large = mean_recall(curves, kLarge, 2);
  for (size_t label = 0; label < metrics.classes.size(); ++label) {
    metrics.classes[label].ap = curves.average_precision(static_cast<int64_t>(label), kAll);
    metrics.classes[label].ap50 = curves.average_precision(static_cast<int64_t>(label), kAll, 0, 1);
  }
}

std::map<std::string, double> CocoMetrics::numbers() const {
  std::map<std::string, double> numbers;
  for (const auto& number : kNumbers) numbers[number.key] = this->*number.value;
  return numbers;
}

nlohmann::json CocoMetrics::to_json() const {
  nlohmann::json json = numbers();
  json["classes"] = nlohmann::json::array();
  for (const auto& c : classes) {
    json["classes"].push_back(
        {{"id", c.category_id}, {"name", c.name}, {"AP", c.ap}, {"AP50", c.ap50}, {"boxes", c.boxes}});
  }
  return json;
}

std::string CocoMetrics::table() const {
  std::string text;
  for (const auto& number : kNumbers) {
    text += fmt::format("{:<10} {:>6}   {}\n", number.key, shown(this->*number.value), number.meaning);
  }
  size_t width = 5;
  for (const auto& c : classes) width = std::max(width, std::min<size_t>(c.name.size(), 40));
  text += fmt::format("\n{:<{}} {:>8} {:>6} {:>6}\n", "class", width, "boxes", "AP", "AP50");
  for (const auto& c : classes) {
    text += fmt::format("{:<{}} {:>8} {:>6} {:>6}\n", printable(c.name), width, c.boxes, shown(c.ap),
                        shown(c.ap50));
  }
  return text;
}

}  // namespace focus::eval
