// Mixed precision: matrix products and convolutions in bfloat16, everything that needs the precision in
// float32.
#pragma once

#include <ATen/ATen.h>

#include <string>

namespace focus::nn {

/// Whether and how LibTorch casts for the calling thread, on the CPU and on CUDA devices.
struct AutocastState {
  bool cpu = false, cuda = false;

  static AutocastState now();
  static AutocastState bfloat16() { return {true, true}; }
  static AutocastState off() { return {}; }
};

/// Sets the state as long as it lives. Weights are cast at each use: LibTorch would keep copies that were
/// made where no gradient is wanted, and use them where one is.
class AutocastScope {
 public:
  explicit AutocastScope(AutocastState state);
  ~AutocastScope();
  AutocastScope(const AutocastScope&) = delete;
  AutocastScope& operator=(const AutocastScope&) = delete;

 private:
  AutocastState before_;
  bool cached_before_;
};

/// A tensor in at least float32.
at::Tensor at_least_float32(const at::Tensor& x);

/// Why LibTorch's layers cannot compute in bfloat16 on this CPU; empty if they can. LibTorch checks the CPU
/// for AVX-512 and leaves the work to oneDNN, which DNNL_MAX_CPU_ISA may limit.
std::string bfloat16_obstacle();

}  // namespace focus::nn
