#include "ops/packed/precision.h"

#include <array>
#include <cstdlib>
#include <utility>

#include "base/error.h"
#include "ops/packed/packed_convolution.h"

#ifdef FOCUS_DETR_ONEDNN
#include "ops/packed/onednn/cpu_features.h"
#endif

namespace focus::ops {
namespace {

constexpr std::array kPrecisions{std::pair{Precision::kFloat32, "fp32"},
                                 std::pair{Precision::kBFloat16, "bf16"},
                                 std::pair{Precision::kInt8, "int8"}};

const CpuFeatures& cpu_features() {
#ifdef FOCUS_DETR_ONEDNN
  static const CpuFeatures features = onednn::cpu_features();
#else
  static const CpuFeatures features;
#endif
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
  if (precision != Precision::kFloat32 && !can_pack()) {
    fail_usage("precision {} on the CPU needs oneDNN, and this program was built without it; use fp32 there",
               name_of(precision));
  }
  const auto& cpu = cpu_features();
  if (precision == Precision::kBFloat16 && !cpu.bfloat16 && !emulation_wanted()) {
    fail_usage(
        "precision bf16 needs a CPU with AVX-512 bfloat16 or AMX; this one has {}. Use fp32 or int8, or set "
        "FOCUS_DETR_BF16=emulate for the results of bf16, slowly",
        cpu.name);
  }
}

bool emulates_bfloat16() { return !cpu_features().bfloat16 && emulation_wanted(); }
bool cpu_has_bfloat16() { return cpu_features().bfloat16; }
bool cpu_has_vnni() { return cpu_features().vnni; }
bool cpu_has_amx() { return cpu_features().amx; }
bool cpu_has_avx512() { return cpu_features().avx512; }
bool cpu_has_avx2() { return cpu_features().avx2; }

}  // namespace focus::ops
