// What convolutions are compared with.
#pragma once

#include <ATen/ATen.h>

namespace focus::test {

/// at::conv2d with padding (kernel - 1) / 2 in float64, which no oneDNN takes part in: LibTorch's float32 is
/// computed by the library that is tested. Returns float32.
inline at::Tensor exact_convolution(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                                    int64_t stride, int64_t groups) {
  const int64_t padding = (weight.size(2) - 1) / 2;
  return at::conv2d(x.to(at::kDouble), weight.to(at::kDouble), bias.to(at::kDouble), {stride, stride},
                    {padding, padding}, {1, 1}, groups)
      .to(at::kFloat);
}

}  // namespace focus::test
