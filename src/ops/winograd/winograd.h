// 3x3 convolutions of stride 1 by Winograd's algorithm (winograd_kernel.h), for feature maps in blocks of
// channels or channels last.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "ops/activation.h"

namespace focus::ops {

/// Transforms weights (out, in, 3, 3) float32 to (panels, points, in, panel x lanes), as in kernel::Winograd.
/// @param turned for the input's gradient: taps in reverse order, outputs and inputs exchanged
at::Tensor winograd_weights(const at::Tensor& weight, bool turned);

/// Gradient of the weights, (out, in, 3, 3), from the convolution's input `x` (B, in, H, W) and the gradient
/// of its result (B, out, H, W), both float32, channels last. Does not depend on the number of threads.
at::Tensor winograd_weight_gradient(const at::Tensor& x, const at::Tensor& grad);

/// A convolution that holds its weights transformed, which takes four times the memory of the original ones.
/// Thread-safe.
class WinogradConvolution {
 public:
  /// Channels per block on this CPU; both numbers of channels must be multiples of it. 0: there is no kernel
  /// for this CPU.
  static int64_t lanes();
  /// Whether the algorithm applies to such a convolution.
  static bool fits(int64_t in, int64_t out, int64_t kernel, int64_t stride, int64_t groups,
                   Activation activation);

  /// @param weight (out, in, 3, 3) float32
  /// @param bias   (out), or undefined
  WinogradConvolution(const at::Tensor& weight, const at::Tensor& bias, Activation activation);
  /// @param points from winograd_weights
  WinogradConvolution(int64_t in, int64_t out, at::Tensor points, const at::Tensor& bias,
                      Activation activation);

  /// Whether it is faster for images of that size: with small ones, reading the weights takes most of the
  /// time.
  static bool pays(int64_t images, int64_t height, int64_t width);

  /// activation(convolution(x) + bias + addend), in the form of x. Throws Error if a shape does not fit.
  /// @param x      (B, in, H, W) channels last, or (B, in / lanes, H, W, lanes); float32
  /// @param addend undefined, or of the output's shape in either form
  at::Tensor run(const at::Tensor& x, const at::Tensor& addend = {}) const;

 private:
  int64_t in_, out_;
  Activation activation_;
  at::Tensor weights_, bias_;  ///< As in kernel::Winograd.
};

}  // namespace focus::ops
