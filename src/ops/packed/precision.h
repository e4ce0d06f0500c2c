// The precision in which prepared layers multiply, and whether this CPU supports it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace focus::ops {

enum class Precision {
  kFloat32,
  kBFloat16,  ///< bfloat16 factors, float32 sums
  kInt8,      ///< 8-bit factors and 32-bit sums in calibrated convolutions; the rest as it is fastest
};

/// CPU features for low-precision products.
struct CpuFeatures {
  bool avx512 = false, vnni = false, bfloat16 = false;
  const char* name = "less than AVX2";
  bool avx2 = false;
  bool amx = false;
};

/// The names users write: fp32, bf16, int8.
std::string_view name_of(Precision precision);
std::vector<std::string> precision_names();

/// The precision of a name. Throws UsageError naming all of them.
Precision parse_precision(std::string_view name);

/// Throws UsageError when this CPU has no instructions for it, saying what the CPU has, or this program no
/// oneDNN. bf16 can be tried anywhere with the environment variable FOCUS_DETR_BF16=emulate: slowly, to the
/// same rounding of factors.
void require(Precision precision);

/// Whether bfloat16 is emulated: the variable above, on a CPU without the instructions.
bool emulates_bfloat16();

/// Whether the CPU multiplies bfloat16 itself.
bool cpu_has_bfloat16();

/// Whether sums of 8-bit products do not saturate at 16 bits on the way to 32 (VNNI).
bool cpu_has_vnni();

/// Whether oneDNN computes with AVX-512 here, with AVX2 at least.
bool cpu_has_avx512();
/// Whether oneDNN multiplies tiles of bfloat16 here (AMX).
bool cpu_has_amx();
bool cpu_has_avx2();

}  // namespace focus::ops
