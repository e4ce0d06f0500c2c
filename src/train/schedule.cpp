#include "train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace focus::train {

Schedule::Schedule(const ScheduleOptions& options, int64_t epochs, int64_t steps_per_epoch)
    : options_(options), steps_per_epoch_(steps_per_epoch), iterations_(epochs * steps_per_epoch) {}

double Schedule::factor(int64_t iteration) const {
  double factor = 1;
  if (iteration < options_.warmup_iterations) {
    const double share = static_cast<double>(iteration) / static_cast<double>(options_.warmup_iterations);
    factor = options_.warmup_factor + (1 - options_.warmup_factor) * share;
  }
  if (options_.kind == "step") {
    for (const int64_t epoch : options_.milestones) {
      if (iteration >= epoch * steps_per_epoch_) factor *= options_.step_factor;
    }
  } else if (options_.kind == "cosine") {
    const double share = std::min(1.0, static_cast<double>(iteration) / static_cast<double>(iterations_));
    factor *=
        options_.final_factor + (1 - options_.final_factor) * (1 + std::cos(std::numbers::pi * share)) / 2;
  }
  return factor;
}

}  // namespace focus::train
