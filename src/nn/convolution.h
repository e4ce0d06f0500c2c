// A convolution with a bias but no normalisation.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>

#include "nn/activation.h"
#include "nn/prepare.h"
#include "ops/packed/packed_convolution.h"

namespace focus::nn {

/// activation(convolution(x) + bias + addend) with gradients and weights that are not packed: square kernels,
/// padding (kernel - 1) / 2. Where this project's own kernels run (nn/own_kernels.h), the result is channels
/// last, 1x1 convolutions are linear layers, and Winograd's algorithm is used where it is faster.
/// @param weight (out, in / groups, kernel, kernel)
/// @param bias   (out), or undefined
/// @param addend of the result's shape, or undefined
at::Tensor convolve_plainly(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                            int64_t stride, int64_t groups, const at::Tensor& addend = {},
                            Activation activation = Activation::kNone);

/// Padding keeps the size at stride 1. Weights are initialised with Xavier's uniform distribution, the bias
/// with zeros.
class Convolution : public torch::nn::Module, public Preparable {
 public:
  Convolution(int64_t in, int64_t out, int64_t kernel, int64_t stride, int64_t groups = 1);

  /// (B, in, H, W) -> (B, out, ceil(H / stride), ceil(W / stride)). If prepared, x may be in any form of
  /// ops/packed/packed_convolution.h, and the result, always float32, may be blocked.
  at::Tensor forward(const at::Tensor& x);

  void prepare(const LayerPreparation& how) override;
  void train(bool on = true) override;

  int64_t stride() const { return stride_; }
  int64_t groups() const { return groups_; }

 private:
  int64_t stride_, groups_;
  at::Tensor weight_, bias_;
  Packed<ops::PackedConvolution> packed_;
};

}  // namespace focus::nn
