#include "ops/cpu/isa.h"

#include <cstdlib>
#include <string>

#include "base/error.h"
#include "ops/cpu/kernel_table.h"

namespace focus::ops {
namespace {

struct InstructionSet {
  Isa isa;
  std::string_view name;
  bool (*runs_here)();
  const kernel::Table* kernels;
};

#ifdef __x86_64__
bool has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

bool has_avx512() {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
}
#endif

/// The sets of kernels in this build, slowest first; a new set is one line here.
const InstructionSet kSets[] = {
    {Isa::kScalar, "scalar", [] { return true; }, &kernel::kScalarKernels},
#ifdef __x86_64__
    {Isa::kAvx2, "avx2", has_avx2, &kernel::kAvx2Kernels},
    {Isa::kAvx512, "avx512", has_avx512, &kernel::kAvx512Kernels},
#endif
};

const InstructionSet& set_of(Isa isa) {
  for (const auto& set : kSets) {
    if (set.isa == isa) return set;
  }
  fail("this build has no kernels for that instruction set");
}

}  // namespace

std::string_view name_of(Isa isa) { return set_of(isa).name; }

const kernel::Table& kernels_of(Isa isa) { return *set_of(isa).kernels; }

const std::vector<Isa>& supported_isas() {
  static const std::vector<Isa> isas = [] {
    std::vector<Isa> found;
    for (const auto& set : kSets) {
      if (set.runs_here()) found.push_back(set.isa);
    }
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

const kernel::Table& active_kernels() {
  static const kernel::Table& kernels = kernels_of(active_isa());
  return kernels;
}

}  // namespace focus::ops
