// The exponential moving average of a model's weights.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <vector>

#include "train/module_tensors.h"

namespace focus::train {

/// Average of all parameters and floating-point buffers of a module. It must not outlive the module.
class Ema {
 public:
  /// Starts the average at the module's present values. `decay` is in [0, 1).
  Ema(const torch::nn::Module& module, double decay);

  /// average = d * average + (1 - d) * value, with d = min(decay, (1 + n) / (10 + n)) at the n-th update from
  /// 0, so that the random start is soon forgotten.
  void update();

  /// Exchanges the module's values and the average. Calling it again exchanges them back.
  void swap();

  int64_t updates() const { return *updates_.data_ptr<int64_t>(); }

  /// The average under the module's names, and the number of updates under "ema_updates"; shares storage.
  std::vector<NamedTensor> state() const;

 private:
  std::vector<NamedTensor> values_;   ///< The module's own tensors.
  std::vector<at::Tensor> averages_;  ///< In the order of values_.
  at::Tensor updates_;                ///< An int64 scalar.
  double decay_;
};

/// The module has the averaged weights while this exists. Does nothing without an average.
class EmaScope {
 public:
  explicit EmaScope(Ema* ema);
  ~EmaScope();
  EmaScope(const EmaScope&) = delete;
  EmaScope& operator=(const EmaScope&) = delete;

 private:
  Ema* ema_;
};

}  // namespace focus::train
