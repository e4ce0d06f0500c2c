// Means of what happened since the last line of the log.
#pragma once

#include <chrono>
#include <cstdint>

#include "train/metrics_log.h"

namespace focus::train {

/// Wall-clock seconds since an arbitrary start.
inline double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Loss terms, images and waiting time, gathered from one log line to the next.
class RunningMeans {
 public:
  /// Adds `value` to the mean of `name`.
  void add(const std::string& name, double value);
  /// Counts the images of a batch and the seconds the loop waited for it.
  void add_batch(int64_t images, double seconds_waited);

  /// Means by name, then "images_per_second" and "data_wait" (share of the time, 0..1).
  Metrics means() const;
  /// The same, and starts over.
  Metrics take();

 private:
  struct Mean {
    std::string name;
    double sum = 0;
    int64_t count = 0;
  };
  std::vector<Mean> means_;
  int64_t images_ = 0;
  double waited_ = 0;
  double start_ = seconds_now();
};

/// What a progress line shows of a step's metrics: the loss and its terms of the last decoder layer, the
/// learning rate, images a second and the share of time spent waiting for data. Metrics that are not there
/// are left out.
std::string progress_suffix(const Metrics& metrics);

}  // namespace focus::train
