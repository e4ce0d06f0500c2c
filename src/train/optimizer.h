// AdamW: Adam with decoupled weight decay (Loshchilov and Hutter, "Decoupled Weight Decay Regularization",
// 2019).
#pragma once

#include <ATen/ATen.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <string>
#include <vector>

#include "train/module_tensors.h"
#include "train/options.h"

namespace focus::train {

/// One parameter and what the optimiser does differently for it.
struct OptimizedParameter {
  std::string name;
  at::Tensor value;
  double lr_factor = 1;
  double weight_decay = 0;
};

/// The parameters of `module` that require a gradient, shared ones once, with their group's settings:
/// - names that contain "backbone": learning rate times backbone_lr_factor;
/// - weight and bias of normalisation layers: no weight decay. A layer normalises if its weight has one
///   dimension; the weights of linear, convolution and embedding layers have two or more.
std::vector<OptimizedParameter> optimized_parameters(const torch::nn::Module& module,
                                                     const OptimizerOptions& options);

/// AdamW with torch.optim.AdamW's semantics (amsgrad off): parameters without a gradient are left as they are
/// and their step count does not advance. On the CPU each parameter is updated in one pass over memory.
class AdamW {
 public:
  /// Throws UsageError unless there are two betas.
  AdamW(std::vector<OptimizedParameter> parameters, const OptimizerOptions& options);

  /// One update from the gradients, each multiplied by `gradient_scale` on the way (for clipping).
  /// `lr` is the learning rate before a parameter's own factor.
  void step(double lr, double gradient_scale = 1);

  /// Drops all gradients.
  void zero_grad();

  const std::vector<OptimizedParameter>& parameters() const { return parameters_; }

  /// The state as "<parameter>.step" (int64 scalar), ".exp_avg" and ".exp_avg_sq"; the tensors share storage.
  std::vector<NamedTensor> state() const;

 private:
  struct Moments {
    at::Tensor exp_avg, exp_avg_sq;  ///< Shaped and laid out as the parameter.
    at::Tensor step;                 ///< Updates so far: an int64 scalar on the CPU.
  };

  std::vector<OptimizedParameter> parameters_;
  std::vector<Moments> moments_;
  double beta1_, beta2_, eps_;
};

}  // namespace focus::train
