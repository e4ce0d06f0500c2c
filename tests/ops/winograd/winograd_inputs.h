// Feature maps for the tests of Winograd's convolution, and what it has to give.
#pragma once

#include <ATen/ATen.h>

#include <tuple>

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

/// Gradient of the weights of a convolution without bias, in float64.
inline at::Tensor exact_weight_gradient(const at::Tensor& x, const at::Tensor& grad) {
  const auto weight = at::zeros({grad.size(1), x.size(1), 3, 3}, at::kDouble);
  return std::get<1>(at::convolution_backward(grad.to(at::kDouble), x.to(at::kDouble), weight, c10::nullopt,
                                              {1, 1}, {1, 1}, {1, 1}, false, {0, 0}, 1,
                                              {false, true, false}));
}

}  // namespace focus::test::winograd
