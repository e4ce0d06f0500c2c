#include "ops/packed/onednn/cpu_features.h"

#include <spdlog/fmt/fmt.h>

#include <oneapi/dnnl/dnnl.hpp>

#include "ops/packed/packed_convolution.h"

namespace focus::ops {

/// oneDNN's value of an instruction set is a bit mask that contains those of the sets it extends.
CpuFeatures onednn::cpu_features() {
  using dnnl::cpu_isa;
  const auto here = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
  const auto has = [here](cpu_isa isa) {
    return (here & static_cast<unsigned>(isa)) == static_cast<unsigned>(isa);
  };
  if (has(cpu_isa::avx512_core_amx))
    return {true, true, true, "AVX-512 with VNNI, bfloat16 and AMX", true, true};
  if (has(cpu_isa::avx512_core_bf16)) return {true, true, true, "AVX-512 with VNNI and bfloat16", true};
  if (has(cpu_isa::avx512_core_vnni)) return {true, true, false, "AVX-512 with VNNI", true};
  if (has(cpu_isa::avx512_core)) return {true, false, false, "AVX-512", true};
  if (has(cpu_isa::avx2_vnni)) return {false, true, false, "AVX2 with VNNI", true};
  if (has(cpu_isa::avx2)) return {false, false, false, "AVX2", true};
  return {};
}

std::string onednn_version() {
  const auto* version = dnnl_version();
  return fmt::format("{}.{}.{}", version->major, version->minor, version->patch);
}

}  // namespace focus::ops
