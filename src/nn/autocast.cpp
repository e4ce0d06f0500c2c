#include "nn/autocast.h"

#include <ATen/autocast_mode.h>
#include <torch/version.h>

#include "ops/cpu/isa.h"
#include "ops/packed/packed_convolution.h"
#include "ops/packed/precision.h"

namespace focus::nn {
namespace {

void set_state(AutocastState state) {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
  at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
  at::autocast::set_autocast_dtype(at::kCUDA, at::kBFloat16);
  at::autocast::set_autocast_enabled(at::kCPU, state.cpu);
  at::autocast::set_autocast_enabled(at::kCUDA, state.cuda);
#else
  at::autocast::set_autocast_cpu_dtype(at::kBFloat16);
  at::autocast::set_autocast_gpu_dtype(at::kBFloat16);
  at::autocast::set_cpu_enabled(state.cpu);
  at::autocast::set_enabled(state.cuda);
#endif
}

}  // namespace

AutocastState AutocastState::now() {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
  return {at::autocast::is_autocast_enabled(at::kCPU), at::autocast::is_autocast_enabled(at::kCUDA)};
#else
  return {at::autocast::is_cpu_enabled(), at::autocast::is_enabled()};
#endif
}

AutocastScope::AutocastScope(AutocastState state)
    : before_(AutocastState::now()), cached_before_(at::autocast::is_autocast_cache_enabled()) {
  at::autocast::set_autocast_cache_enabled(false);
  set_state(state);
}

AutocastScope::~AutocastScope() {
  at::autocast::set_autocast_cache_enabled(cached_before_);
  set_state(before_);
}

at::Tensor at_least_float32(const at::Tensor& x) {
  const bool half = x.scalar_type() == at::kBFloat16 || x.scalar_type() == at::kHalf;
  return half ? x.to(at::kFloat) : x;
}

std::string bfloat16_obstacle() {
  const bool limited =
      ops::can_pack() && ops::supported_isas().back() == ops::Isa::kAvx512 && !ops::cpu_has_avx512();
  return limited ? "DNNL_MAX_CPU_ISA keeps oneDNN from using this CPU's AVX-512, which LibTorch's bfloat16 "
                   "layers need; unset it"
                 : "";
}

}  // namespace focus::nn
