#include "ops/cpu/isa.h"

#include <cstdlib>
#include <string>

#include "base/error.h"

namespace focus::ops {

std::string_view name_of(Isa isa) {
  switch (isa) {
    case Isa::kAvx2:
      return "avx2";
    case Isa::kAvx512:
      return "avx512";
    case Isa::kScalar:
      break;
  }
  return "scalar";
}

const std::vector<Isa>& supported_isas() {
  static const std::vector<Isa> isas = [] {
    std::vector<Isa> found{Isa::kScalar};
#ifdef __x86_64__
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (avx2) found.push_back(Isa::kAvx2);
    if (avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
      found.push_back(Isa::kAvx512);
    }
#endif
    return found;
  }();
  return isas;
}

Isa select_isa(std::string_view name) {
  if (name.empty()) return supported_isas().back();
  std::string supported;
  for (const Isa isa : supported_isas()) {
    if (name_of(isa) == name) return isa;
    supported += (supported.empty() ? "" : ", ") + std::string(name_of(isa));
  }
  fail_usage("FOCUS_DETR_ISA: '{}' is not an instruction set of this CPU; use one of {}, or unset it", name,
             supported);
}

Isa active_isa() {
  static const Isa isa = [] {
    const char* name = std::getenv("FOCUS_DETR_ISA");
    return select_isa(name ? name : "");
  }();
  return isa;
}

}  // namespace focus::ops
