// A convolution, its batch normalisation and its activation: the building block of every backbone.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <memory>

#include "nn/activation.h"
#include "nn/batch_norm.h"
#include "nn/prepare.h"
#include "ops/packed/packed_convolution.h"

namespace focus::nn {

struct ConvShape {
  int64_t in = 0;
  int64_t out = 0;
  int64_t kernel = 1;
  int64_t stride = 1;
  int64_t groups = 1;
};

/// Convolution without bias (padding keeps the size at stride 1), batch normalisation, activation.
/// The convolution's weight is registered in this module; the caller chooses where the normalisation is,
/// because detectron2 ("conv1.weight", "conv1.norm.weight") and torchvision ("0.weight", "1.weight") differ.
class ConvNorm : public torch::nn::Module, public Preparable {
 public:
  /// Registers `norm` as "norm" if `own_norm`; otherwise the caller registers it elsewhere.
  ConvNorm(const ConvShape& shape, std::shared_ptr<BatchNorm> norm, Activation activation, bool own_norm);

  /// (B, in, H, W) -> (B, out, ceil(H / stride), ceil(W / stride)). If prepared, feature maps may be blocked
  /// (ops/packed/packed_convolution.h).
  /// @param addend undefined, or of the output's shape: added before the activation
  at::Tensor forward(const at::Tensor& x, const at::Tensor& addend = {});

  void prepare(const LayerPreparation& how) override;
  void train(bool on = true) override;

  const ConvShape& shape() const { return shape_; }
  const BatchNorm& norm() const { return *norm_; }
  Activation activation() const { return activation_; }

  at::Tensor weight;  ///< (out, in / groups, kernel, kernel)

 private:
  /// The same without packed weights.
  at::Tensor plain_forward(const at::Tensor& x, const at::Tensor& addend);

  ConvShape shape_;
  std::shared_ptr<BatchNorm> norm_;
  Activation activation_;
  Packed<ops::PackedConvolution> packed_;
};

}  // namespace focus::nn
