// Mixed precision: matrix products and convolutions in bfloat16, everything that needs more precision in
// float32.
#pragma once

#include <ATen/ATen.h>

#include <string>

namespace focus::nn {

/// Whether LibTorch autocasts in the calling thread, on the CPU and on CUDA devices.
struct AutocastState {
  bool cpu = false, cuda = false;

  static AutocastState now();
  static AutocastState bfloat16() { return {true, true}; }
  static AutocastState off() { return {}; }
};

/// Sets the state during its lifetime. Disables LibTorch's cache of cast weights: copies made without
/// gradients would later be used where gradients are needed.
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

/// The tensor, converted to float32 from a type of half the size.
at::Tensor at_least_float32(const at::Tensor& x);

/// Why LibTorch's layers cannot compute in bfloat16 on this CPU; empty if they can. LibTorch checks the CPU
/// for AVX-512 and leaves the work to oneDNN, which DNNL_MAX_CPU_ISA may limit.
std::string bfloat16_obstacle();

}  // namespace focus::nn
