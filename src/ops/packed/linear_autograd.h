// Linear layers and 1x1 convolutions with gradients, from weights that change at every step.
#pragma once

#include <ATen/ATen.h>

#include "ops/activation.h"

namespace focus::ops {

/// Whether `linear` is the faster way for x: float32 on the CPU, with enough rows to pay for reordering the
/// weights into oneDNN's layout.
bool linear_suits(const at::Tensor& x, const at::Tensor& weight);

/// activation(x W^T + bias + addend) over the last dimension: bias, addition and activation in the pass of
/// the product. Differentiable once in all tensors. For what linear_suits.
/// @param x       (..., in)
/// @param weight  (out, in)
/// @param bias    (out), or undefined
/// @param addend  (..., out), or undefined
/// @param activation  taken_inside
/// @return (..., out)
at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                  const at::Tensor& addend, Activation activation);

}  // namespace focus::ops
