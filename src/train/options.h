// Options of a training run. The defaults are those of the reference's 12-epoch ResNet-50 schedule.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/options.h"

namespace focus::train {

/// AdamW (Loshchilov and Hutter, 2019) and which parameters it treats differently.
struct OptimizerOptions {
  double lr = 1e-4;
  double backbone_lr_factor = 0.1;
  double weight_decay = 1e-4;
  std::vector<double> betas{0.9, 0.999};
  double eps = 1e-8;
  double clip_grad_norm = 0.1;

  void describe(OptionTable& table);
};

/// How the learning rate changes during a run.
struct ScheduleOptions {
  std::string kind = "step";
  std::vector<int64_t> milestones{11};
  double step_factor = 0.1;
  double final_factor = 0.0;
  int64_t warmup_iterations = 0;
  double warmup_factor = 0.001;

  void describe(OptionTable& table);
};

/// Everything about a run that is not the model, its losses or its data.
struct TrainOptions {
  int64_t epochs = 12;
  int64_t batch_size = 2;
  int64_t accumulate = 1;
  OptimizerOptions optimizer;
  ScheduleOptions schedule;
  double ema_decay = 0;
  int64_t seed = 0;
  int64_t eval_every = 1;
  int64_t checkpoint_every = 0;
  int64_t log_every = 20;
  int64_t threads = 0;
  std::string device = "auto";
  std::string precision = "float32";
  bool recompute = false;
  double max_minutes = 0;
  int64_t max_skipped_steps = 20;
  double worker_timeout = 600;

  void describe(OptionTable& table);
};

}  // namespace focus::train
