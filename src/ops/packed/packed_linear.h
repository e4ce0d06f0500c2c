// A linear layer for fast inference, in the chosen precision.
#pragma once

#include <ATen/ATen.h>

#include <optional>

#include "ops/activation.h"
#include "ops/packed/packed_convolution.h"
#include "ops/quantised/quantised_linear.h"

namespace focus::ops {

struct LinearOptions {
  Activation activation = Activation::kNone;
  Precision precision = Precision::kFloat32;
  /// Results are float32 in any precision, for consumers that are not packed linear layers.
  bool float_output = true;
  /// Whether inputs are never negative, which gives twice the steps in int8.
  bool nonnegative = false;
};

/// activation(x W^T + bias + addend) over the last dimension. Int8 needs no calibration here. Thread-safe.
class PackedLinear {
 public:
  /// @param weight (out, in) float32
  /// @param bias   (out), or undefined
  PackedLinear(const at::Tensor& weight, const at::Tensor& bias, const LinearOptions& options);

  /// x (..., in), addend (..., out) or undefined -> (..., out)
  at::Tensor run(const at::Tensor& x, const at::Tensor& addend = {}) const;

  /// The layer in eight bits; null in other precisions.
  const QuantisedLinear* quantised() const { return quantised_ ? &*quantised_ : nullptr; }

 private:
  std::optional<PackedConvolution> packed_;  // One of the two.
  std::optional<QuantisedLinear> quantised_;
};

}  // namespace focus::ops
