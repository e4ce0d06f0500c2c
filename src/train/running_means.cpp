#include "train/running_means.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

namespace focus::train {

void RunningMeans::add(const std::string& name, double value) {
  auto mean = std::find_if(means_.begin(), means_.end(), [&](const Mean& m) { return m.name == name; });
  if (mean == means_.end()) mean = means_.insert(means_.end(), Mean{name});
  mean->sum += value;
  ++mean->count;
}

void RunningMeans::add_batch(int64_t images, double seconds_waited) {
  images_ += images;
  waited_ += seconds_waited;
}

Metrics RunningMeans::means() const {
  const double now = seconds_now(), elapsed = std::max(now - start_, 1e-9);
  Metrics metrics;
  for (const auto& mean : means_) metrics.emplace_back(mean.name, mean.sum / static_cast<double>(mean.count));
  metrics.emplace_back("images_per_second", static_cast<double>(images_) / elapsed);
  metrics.emplace_back("data_wait", std::min(1.0, waited_ / elapsed));
  return metrics;
}

Metrics RunningMeans::take() {
  Metrics metrics = means();
  *this = {};
  return metrics;
}

std::string progress_suffix(const Metrics& metrics) {
  struct Shown {
    const char* name;
    const char* label;
    const char* unit;
    double factor;
  };
  static constexpr Shown kShown[] = {{"loss", "loss", "", 1},
                                     {"loss_class", "class", "", 1},
                                     {"loss_bbox", "box", "", 1},
                                     {"loss_giou", "giou", "", 1},
                                     {"select_loss", "foreground", "", 1},
                                     {"lr", "lr", "", 1},
                                     {"images_per_second", "", " images/s", 1},
                                     {"data_wait", "data wait", "%", 100}};
  std::string text;
  for (const auto& shown : kShown) {
    const auto metric =
        std::find_if(metrics.begin(), metrics.end(), [&](const auto& m) { return m.first == shown.name; });
    if (metric == metrics.end()) continue;
    if (!text.empty()) text += "  ";
    if (*shown.label != '\0') text += std::string(shown.label) + " ";
    text += fmt::format("{:.3g}{}", metric->second * shown.factor, shown.unit);
  }
  return text;
}

}  // namespace focus::train
