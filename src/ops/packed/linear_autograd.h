// Linear layers and 1x1 convolutions with gradients, whose weights change at every step.
#pragma once

#include <ATen/ATen.h>

#include "ops/activation.h"

namespace focus::ops {

/// Whether `linear` supports x and is faster: float32 on the CPU, with enough rows to pay for reordering the
/// weights into oneDNN's layout.
bool linear_suits(const at::Tensor& x, const at::Tensor& weight);

/// activation(x W^T + bias + addend) over the last dimension, with bias, addition and activation in the same
/// pass as the product. Differentiable once in all tensors. Requires linear_suits(x, weight).
/// @param x       (..., in)
/// @param weight  (out, in)
/// @param bias    (out), or undefined
/// @param addend  (..., out), or undefined
/// @param activation  one that taken_inside returns
/// @return (..., out)
at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                  const at::Tensor& addend, Activation activation);

}  // namespace focus::ops
