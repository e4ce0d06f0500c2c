// The convolution of winograd.h with its gradients, for training.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "ops/activation.h"

namespace focus::ops {

/// Whether winograd_conv2d supports at::conv2d(x, weight, bias, stride, 1, 1, groups) and is faster: float32
/// on the CPU, a 3x3 kernel of stride 1, and enough pixels to pay for transforming the weights.
bool winograd_suits(const at::Tensor& x, const at::Tensor& weight, int64_t stride, int64_t groups);

/// activation(convolution(x) + bias): (B, in, H, W) -> (B, out, H, W), channels last; differentiable once.
/// Rounding errors are up to twice those of direct convolution.
/// @param bias        (out), or undefined
/// @param activation  one that taken_inside returns
at::Tensor winograd_conv2d(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                           Activation activation = Activation::kNone);

}  // namespace focus::ops
