// The state of the random number generator from which stochastic depth, denoising and initialisation draw.
#pragma once

#include <ATen/ATen.h>

#include <string>

namespace focus::nn {

/// The state of the default CPU generator: a uint8 vector.
at::Tensor cpu_rng_state();

/// Sets it. Throws Error naming `source` if `state` is not such a state.
void set_cpu_rng_state(const at::Tensor& state, const std::string& source);

/// Restores the generator at the end of its scope: evaluation must not change what training draws.
class RngScope {
 public:
  RngScope() : state_(cpu_rng_state()) {}
  ~RngScope();
  RngScope(const RngScope&) = delete;
  RngScope& operator=(const RngScope&) = delete;

 private:
  at::Tensor state_;
};

}  // namespace focus::nn
