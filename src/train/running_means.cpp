#include "train/running_means.h"

#include <algorithm>

namespace focus::train {

void RunningMeans::add(const std::string& name, double value) {
  auto mean = std::find_if(means_.begin(), means_.end(), [&](const Mean& m) { return m.name == name; });
  if (mean == means_.end()) mean = means_.insert(means_.end(), Mean{name});
  mean->sum += value;
  ++mean->count;
}

void RunningMeans::add_batch(int64_t pictures, double seconds_waited) {
  pictures_ += pictures;
  waited_ += seconds_waited;
}

Metrics RunningMeans::means() const {
  const double now = seconds_now(), elapsed = std::max(now - start_, 1e-9);
  Metrics metrics;
  for (const auto& mean : means_) metrics.emplace_back(mean.name, mean.sum / static_cast<double>(mean.count));
  metrics.emplace_back("images_per_second", static_cast<double>(pictures_) / elapsed);
  metrics.emplace_back("data_wait", std::min(1.0, waited_ / elapsed));
  return metrics;
}

Metrics RunningMeans::take() {
  const Metrics metrics = means();
  *this = {};
  return metrics;
}

}  // namespace focus::train
