// Linear layers in eight bits for fast inference. Weights have a scale per output, rows of inputs one each,
// which is found when they are multiplied: no calibration is needed.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "ops/activation.h"
#include "ops/quantised/quantised_kernel.h"

namespace focus::ops {

/// A linear layer whose weights are bytes. Thread-safe.
class QuantisedLinear {
 public:
  /// Whether this CPU has a kernel.
  static bool has_kernel();
  /// Steps of a weight on either side of zero: 127, or 63 if products are first added in 16 bits.
  static int64_t weight_steps();
  /// Whether it is faster than products in the next best precision.
  static bool pays(int64_t in, int64_t out);

  /// @param weight     (out, in) float32
  /// @param bias       (out), or undefined
  /// @param nonnegative whether inputs are never negative, which gives them twice the steps
  QuantisedLinear(const at::Tensor& weight, const at::Tensor& bias, Activation activation,
                  bool nonnegative = false);

  /// activation(x W^T + bias + addend); does not depend on the number of threads.
  /// @param x      (..., in) float32 or bfloat16
  /// @param addend (..., out), or undefined
  /// @return (..., out) float32
  at::Tensor run(const at::Tensor& x, const at::Tensor& addend = {}) const;

 private:
  friend at::Tensor quantised_feed_forward(const QuantisedLinear& expand, const QuantisedLinear& project,
                                           const at::Tensor& x);

  /// The product of quantised rows with the columns from first_column on, a multiple of the panel, and the inputs
  /// from first_input on; without addend and output. Only layers of inputs that are never negative may be divided
  /// by inputs.
  kernel::QuantisedProduct product_of(const uint8_t* bytes, int64_t bytes_stride, const float* row_scales,
                                      int64_t first_column = 0, int64_t first_input = 0) const;

  int64_t in_, out_;
  Activation activation_;
  bool nonnegative_;
  at::Tensor weights_;  ///< As in kernel::QuantisedProduct, as are the others.
  at::Tensor column_scales_;
  at::Tensor zero_sums_;
  at::Tensor bias_;
};

/// x + project(expand(x)), where `expand` ends with ReLU. Hidden values stay in the caches and have a scale per
/// row and group of columns.
/// @param x (..., width)
at::Tensor quantised_feed_forward(const QuantisedLinear& expand, const QuantisedLinear& project,
                                  const at::Tensor& x);

}  // namespace focus::ops
