// The precision in which prepared layers multiply, and whether this CPU supports it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace focus::ops {

enum class Precision {
  kFloat32,
  kBFloat16,  ///< bfloat16 factors, float32 sums
  kInt8,      ///< 8-bit factors and 32-bit sums in calibrated convolutions; else bfloat16 or float32
};

/// CPU features for low-precision products.
struct CpuFeatures {
  bool avx512 = false, vnni = false, bfloat16 = false;
  const char* name = "less than AVX2";
  bool avx2 = false;
  bool amx = false;
};

/// The names for users: fp32, bf16, int8.
std::string_view name_of(Precision precision);
std::vector<std::string> precision_names();

/// The precision with a name. Throws UsageError that lists the names if there is none.
Precision parse_precision(std::string_view name);

/// Throws UsageError if this CPU has no instructions for it, saying what the CPU has, or if this program has
/// no oneDNN. The environment variable FOCUS_DETR_BF16=emulate allows bf16 on any CPU: slowly, but with the
/// same rounding of factors.
void require(Precision precision);

/// Whether bfloat16 is emulated: the variable is set, and the CPU lacks the instructions.
bool emulates_bfloat16();

/// Whether the CPU has instructions for bfloat16 products.
bool cpu_has_bfloat16();

/// Whether sums of 8-bit products are taken in 32 bits directly, without saturating at 16 (VNNI).
bool cpu_has_vnni();

/// Whether oneDNN uses AVX-512 here.
bool cpu_has_avx512();
/// Whether oneDNN uses AMX here, for tiles of bfloat16.
bool cpu_has_amx();
/// Whether oneDNN uses AVX2 or better here.
bool cpu_has_avx2();

}  // namespace focus::ops
