// A convolution for fast inference: weights in the layout that oneDNN prefers, bias, addition and activation
// in the same pass, in the chosen precision.
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

/// Whether this program was built with oneDNN, which runs packed layers. Without it nothing may be packed,
/// and layers run with LibTorch.
bool can_pack();

/// The version of oneDNN that this program uses; "none" if it was built without.
std::string onednn_version();

struct ConvolutionOptions {
  int64_t stride = 1;
  int64_t groups = 1;
  Activation activation = Activation::kNone;
  Precision precision = Precision::kFloat32;
  /// Results are float32 in any precision, for consumers that are not packed convolutions.
  bool float_output = false;
  /// Calibrated ranges. Int8 needs both, or only `input` with `float_output`.
  ValueRange input{}, output{};
};

/// A convolution for inference with square kernels, padding (kernel - 1) / 2. Its outputs have an internal
/// form, which other packed convolutions, max_pool and unblock read: *blocked* where oneDNN is faster that
/// way, (B, ceil(C / block), H, W, block), and in the type of its precision (int8: a tensor quantised with
/// one scale). Thread-safe.
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

  /// Plans are kept for this many of the most recently used shapes.
  static constexpr size_t kMaxPlans = 24;
  size_t plans() const;  ///< Number of plans kept now.

  /// Whether the last run used oneDNN's reference implementation, which is a thousand times slower than the
  /// others.
  bool ran_by_reference() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Converts a feature map of any form to (B, channels, H, W) float32 in channels-last memory.
at::Tensor unblock(const at::Tensor& features, int64_t channels);

/// Maximum over windows of a feature map in either layout, ignoring padding.
at::Tensor max_pool(const at::Tensor& features, int64_t kernel, int64_t stride, int64_t padding);

}  // namespace focus::ops
