// 3x3 convolutions of stride 1 by Winograd's algorithm (winograd_kernel.h), over feature maps in blocks of
// channels or channels last.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "ops/activation.h"

namespace focus::ops {

/// (out, in, 3, 3) float32 -> (panels, points, in, panel x lanes), as kernel::Winograd has them.
/// @param turned for the gradient: taps from the last to the first, outputs and inputs exchanged
at::Tensor winograd_weights(const at::Tensor& weight, bool turned);

/// Gradient of the weights, (out, in, 3, 3): of what the convolution read, (B, in, H, W), and the gradient of
/// its result, (B, out, H, W); both float32, channels last. The same for any number of threads.
at::Tensor winograd_weight_gradient(const at::Tensor& x, const at::Tensor& grad);

/// Holds its weights at the points of the algorithm: four times the memory of what they are made
/// of. Several threads may run one at a time.
class WinogradConvolution {
 public:
  /// Channels of a block on this CPU: both counts of channels must be multiples of it. 0: there is no kernel
  /// here.
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

  /// Whether it is faster for an image of that size: small ones spend their time on reading weights.
  static bool pays(int64_t images, int64_t height, int64_t width);

  /// activation(convolution(x) + bias + addend), in the form of x. Throws Error when a shape does not fit.
  /// @param x      (B, in, H, W) channels last, or (B, in / lanes, H, W, lanes); float32
  /// @param addend undefined, or of the output's shape in either form
  at::Tensor run(const at::Tensor& x, const at::Tensor& addend = {}) const;

 private:
  int64_t in_, out_;
  Activation activation_;
  at::Tensor weights_, bias_;  ///< As kernel::Winograd has them.
};

}  // namespace focus::ops
