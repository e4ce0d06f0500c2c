// Feature maps for the tests of Winograd's convolution, and what it has to give.
#pragma once

#include <ATen/ATen.h>

namespace focus::test::winograd {

/// (B, C, H, W) -> (B, C / lanes, H, W, lanes).
inline at::Tensor in_blocks(const at::Tensor& x, int64_t lanes) {
  return x.view({x.size(0), x.size(1) / lanes, lanes, x.size(2), x.size(3)})
      .permute({0, 1, 3, 4, 2})
      .contiguous();
}

inline at::Tensor in_order(const at::Tensor& x) {
  return x.dim() == 4 ? x : x.permute({0, 1, 4, 2, 3}).flatten(1, 2);
}

/// The convolution in float64.
inline at::Tensor exact(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  return at::conv2d(x.to(at::kDouble), weight.to(at::kDouble), bias.to(at::kDouble), 1, 1);
}

inline double worst_relative(const at::Tensor& found, const at::Tensor& expected) {
  return ((found - expected).abs().max() / expected.abs().max()).item<double>();
}

}  // namespace focus::test::winograd
