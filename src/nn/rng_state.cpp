#include "nn/rng_state.h"

#include <ATen/CPUGeneratorImpl.h>

#include <mutex>

#include "base/error.h"

namespace focus::nn {

at::Tensor cpu_rng_state() {
  at::Generator generator = at::detail::getDefaultCPUGenerator();
  const std::lock_guard<std::mutex> lock(generator.mutex());
  return generator.get_state();
}

void set_cpu_rng_state(const at::Tensor& state, const std::string& source) {
  at::Generator generator = at::detail::getDefaultCPUGenerator();
  const std::lock_guard<std::mutex> lock(generator.mutex());
  try {
    generator.set_state(state);
  } catch (const c10::Error& error) {
    fail("{}: the state of the random number generator cannot be used: {}", source,
         error.what_without_backtrace());
  }
}

RngScope::~RngScope() { set_cpu_rng_state(state_, "saved state"); }

}  // namespace focus::nn
