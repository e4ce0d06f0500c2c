#include "ops/precision.h"

#include <array>
#include <cstdlib>
#include <oneapi/dnnl/dnnl.hpp>
#include <utility>

#include "base/error.h"

namespace focus::ops {
namespace {

constexpr std::array kPrecisions{std::pair{Precision::kFloat32, "fp32"},
                                 std::pair{Precision::kBFloat16, "bf16"},
                                 std::pair{Precision::kInt8, "int8"}};

struct CpuFeatures {
  bool avx512 = false, vnni = false, bfloat16 = false;
  const char* name = "less than AVX2";
};

/// What oneDNN calls an instruction set is the bits of all it has: a later one has bits of its own beside
/// those of the earlier.
CpuFeatures detect_features() {
  using dnnl::cpu_isa;
  const auto here = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
  const auto has = [here](cpu_isa isa) {
    return (here & static_cast<unsigned>(isa)) == static_cast<unsigned>(isa);
  };
  if (has(cpu_isa::avx512_core_amx)) return {true, true, true, "AVX-512 with VNNI, bfloat16 and AMX"};
  if (has(cpu_isa::avx512_core_bf16)) return {true, true, true, "AVX-512 with VNNI and bfloat16"};
  if (has(cpu_isa::avx512_core_vnni)) return {true, true, false, "AVX-512 with VNNI"};
  if (has(cpu_isa::avx512_core)) return {true, false, false, "AVX-512"};
  if (has(cpu_isa::avx2_vnni)) return {false, true, false, "AVX2 with VNNI"};
  if (has(cpu_isa::avx2)) return {false, false, false, "AVX2"};
  return {};
}

const CpuFeatures& cpu_features() {
  static const CpuFeatures features = detect_features();
  return features;
}

bool emulation_wanted() {
  const char* value = std::getenv("FOCUS_DETR_BF16");
  if (value == nullptr || std::string_view(value).empty()) return false;
  if (std::string_view(value) != "emulate") {
    fail_usage("FOCUS_DETR_BF16 is '{}'; it can only be 'emulate'", value);
  }
  return true;
}

}  // namespace

std::string_view name_of(Precision precision) {
  for (const auto& [known, name] : kPrecisions) {
    if (known == precision) return name;
  }
  fail("there is no precision number {}", static_cast<int>(precision));
}

std::vector<std::string> precision_names() {
  std::vector<std::string> names;
  names.reserve(kPrecisions.size());
  for (const auto& entry : kPrecisions) names.emplace_back(entry.second);
  return names;
}

Precision parse_precision(std::string_view name) {
  for (const auto& [precision, known] : kPrecisions) {
    if (known == name) return precision;
  }
  fail_usage("there is no precision '{}'; there are {}", name, fmt::join(precision_names(), ", "));
}

void require(Precision precision) {
  const auto& cpu = cpu_features();
  if (precision == Precision::kBFloat16 && !cpu.bfloat16 && !emulation_wanted()) {
    fail_usage(
        "precision bf16 needs a CPU with AVX-512 bfloat16 or AMX; this one has {}. Use fp32 or int8, or set "
        "FOCUS_DETR_BF16=emulate to see bf16's answers, slowly",
        cpu.name);
  }
}

bool emulates_bfloat16() { return !cpu_features().bfloat16 && emulation_wanted(); }
bool cpu_has_bfloat16() { return cpu_features().bfloat16; }
bool cpu_has_vnni() { return cpu_features().vnni; }
bool cpu_has_avx512() { return cpu_features().avx512; }

}  // namespace focus::ops
