#include "ops/onednn/cpu_features.h"

#include <spdlog/fmt/fmt.h>

#include <oneapi/dnnl/dnnl.hpp>

#include "ops/packed_convolution.h"

namespace focus::ops {

CpuFeatures onednn::cpu_features() {
  using dnnl::cpu_isa;
  switch (dnnl::get_effective_cpu_isa()) {
    case cpu_isa::avx2:
      return {false, false, "AVX2"};
    case cpu_isa::avx2_vnni:
      return {true, false, "AVX2 with VNNI"};
    case cpu_isa::avx512_core:
      return {false, false, "AVX-512"};
    case cpu_isa::avx512_core_vnni:
      return {true, false, "AVX-512 with VNNI"};
    case cpu_isa::avx512_core_bf16:
      return {true, true, "AVX-512 with VNNI and bfloat16"};
    case cpu_isa::avx512_core_amx:
      return {true, true, "AVX-512 with VNNI, bfloat16 and AMX"};
    default:
      return {};
  }
}

std::string onednn_version() {
  const auto* version = dnnl_version();
  return fmt::format("{}.{}.{}", version->major, version->minor, version->patch);
}

}  // namespace focus::ops
