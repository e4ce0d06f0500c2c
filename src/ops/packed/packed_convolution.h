// A convolution ready to run: weights in the layout oneDNN prefers, bias, addition and activation in the same
// pass, in the chosen precision.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "ops/activation.h"
#include "ops/packed/precision.h"
#include "ops/packed/value_range.h"

namespace focus::ops {

/// Whether this program was built with oneDNN, which runs what is packed. Without it nothing may be packed:
/// layers run as LibTorch's.
bool can_pack();

/// Of the oneDNN this program runs with; "none" without.
std::string onednn_version();

struct ConvolutionOptions {
  int64_t stride = 1;
  int64_t groups = 1;
  Activation activation = Activation::kNone;
  Precision precision = Precision::kFloat32;
  /// Results are float32 whatever is multiplied: for readers that are not packed convolutions.
  bool float_output = false;
  /// What the convolution was seen to read and return. Int8 needs both, but for `float_output`'s results.
  ValueRange input{}, output{};
};

/// A convolution for inference with square kernels, padding (kernel - 1) / 2. Its outputs are in an internal
/// form, which the next packed convolution, max_pool and unblock read: *blocked* where oneDNN is faster that
/// way, (B, ceil(C / block), H, W, block), and in the numbers of its precision (int8: a tensor quantised with
/// one scale). Several threads may run one at a time each.
class PackedConvolution {
 public:
  /// @param weight (out, in / groups, kernel, kernel) float32
  /// @param bias   (out), or undefined
  PackedConvolution(const at::Tensor& weight, const at::Tensor& bias, const ConvolutionOptions& options);
  ~PackedConvolution();
  PackedConvolution(const PackedConvolution&) = delete;
  PackedConvolution& operator=(const PackedConvolution&) = delete;

  /// activation(convolution(x) + bias + addend).
  /// @param x      (B, in, H, W) or blocked
  /// @param addend undefined, or of the output's shape, as an earlier packed convolution returned it
  at::Tensor run(const at::Tensor& x, const at::Tensor& addend = {}) const;

  /// The same for rows: x (..., in), addend (..., out) -> (..., out). Kernel 1, stride 1, one group.
  at::Tensor run_rows(const at::Tensor& x, const at::Tensor& addend = {}) const;

  /// Plans for at most this many shapes are kept, the latest used ones.
  static constexpr size_t kMaxPlans = 24;
  size_t plans() const;  ///< How many are kept now.

  /// Whether the last run used oneDNN's reference implementation, which is a thousand times slower than the
  /// others.
  bool ran_by_reference() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A feature map as (B, channels, H, W) float32 in channels-last memory, from whichever form it has.
at::Tensor unblock(const at::Tensor& features, int64_t channels);

/// Maximum over windows of a feature map in either layout; padding never wins.
at::Tensor max_pool(const at::Tensor& features, int64_t kernel, int64_t stride, int64_t padding);

}  // namespace focus::ops
