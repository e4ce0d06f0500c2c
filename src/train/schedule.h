// The learning rate's factor as a pure function of the optimiser step.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "train/options.h"

namespace focus::train {

/// A schedule in optimiser steps. Being a pure function it needs no state in a checkpoint.
class Schedule {
 public:
  /// `steps_per_epoch`: optimiser steps in one epoch, at least 1.
  Schedule(const ScheduleOptions& options, int64_t epochs, int64_t steps_per_epoch);

  /// Factor on the base learning rate at `iteration`, counted from 0: the warm-up's factor times
  ///   step:     step_factor ^ (milestones reached),
  ///   cosine:   final + (1 - final) * (1 + cos(pi * iteration / iterations)) / 2,
  ///   constant: 1.
  /// The warm-up rises linearly from warmup_factor at 0 to 1 at warmup_iterations.
  double factor(int64_t iteration) const;

  /// Optimiser steps of the whole run.
  int64_t iterations() const { return iterations_; }

 private:
  ScheduleOptions options_;
  int64_t steps_per_epoch_;
  int64_t iterations_;
};

}  // namespace focus::train
