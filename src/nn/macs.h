// Counts arithmetic where it happens, from the actual shapes.
#pragma once

#include <ATen/core/Tensor.h>

#include "base/profile.h"

namespace focus::nn {

/// Counts the multiply-accumulates of a linear layer or a convolution, grouped or not, and returns its result
/// `y`. Each element of `weight` (out, ...) is used once per position of `y`.
inline at::Tensor counted(at::Tensor y, const at::Tensor& weight) {
  // Five dimensions are blocks of channels (ops/packed/packed_convolution.h), which may be padded.
  const bool blocked = weight.dim() == 4 && y.dim() == 5;
  const int64_t positions = blocked ? y.size(0) * y.size(2) * y.size(3) : y.numel() / weight.size(0);
  count_macs(positions * weight.numel());
  return y;
}

}  // namespace focus::nn
