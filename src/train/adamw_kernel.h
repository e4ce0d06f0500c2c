// The arithmetic of one AdamW update, for every device and, in one pass, for float32 memory.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

namespace focus::train {

/// The numbers of one update of one parameter.
struct AdamWCoefficients {
  double lr = 0;
  double weight_decay = 0;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double gradient_scale = 1;
  int64_t step = 1;  ///< This update's number, from 1: for the correction of the moments' bias.
};

/// Parameters of one device and type, with their gradients and moments.
struct AdamWTensors {
  std::vector<at::Tensor> parameters, gradients, exp_avgs, exp_avg_sqs;
};

/// Updates parameters and moments with LibTorch's operations on lists of tensors: any device, type and
/// layout, and on a GPU a dozen kernel launches instead of a dozen per parameter.
void adamw_reference(const AdamWTensors& all, const AdamWCoefficients& coefficients);

/// The same for one parameter, for float32 tensors on the CPU with equal strides and without gaps
/// (`adamw_fusable`), in one pass.
void adamw_fused(const at::Tensor& parameter, const at::Tensor& gradient, const at::Tensor& exp_avg,
                 const at::Tensor& exp_avg_sq, const AdamWCoefficients& coefficients);

/// Whether adamw_fused takes this parameter.
bool adamw_fusable(const at::Tensor& parameter);

}  // namespace focus::train
