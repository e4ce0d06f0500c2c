// Number types in memory and in the kernels' arithmetic, and how a thread moves sixteen bytes at once.
#pragma once

#include <cstdint>

#include "ops/cuda/portable.h"

namespace focus::ops::cuda {

/// bfloat16 and IEEE half precision, with the memory layout of at::BFloat16 and at::Half.
struct Bf16 {
  uint16_t bits;
};
struct Fp16 {
  uint16_t bits;
};

template <typename T>
struct ComputeType {
  using type = float;
};
template <>
struct ComputeType<double> {
  using type = double;
};
/// The type in which values of type T are multiplied and summed; also that of the coordinates and weights
/// that go with them.
template <typename T>
using Real = typename ComputeType<T>::type;

FOCUS_HOST_DEVICE float float_of_bits(uint32_t bits) {
  float value;
  __builtin_memcpy(&value, &bits, sizeof value);
  return value;
}

FOCUS_HOST_DEVICE uint32_t bits_of_float(float value) {
  uint32_t bits;
  __builtin_memcpy(&bits, &value, sizeof bits);
  return bits;
}

FOCUS_HOST_DEVICE float widen(float value) { return value; }
FOCUS_HOST_DEVICE double widen(double value) { return value; }
FOCUS_HOST_DEVICE float widen(Bf16 value) { return float_of_bits(static_cast<uint32_t>(value.bits) << 16); }

FOCUS_HOST_DEVICE float widen(Fp16 value) {
#ifdef __CUDA_ARCH__
  float wide;
  asm("cvt.f32.f16 %0, %1;" : "=f"(wide) : "h"(value.bits));
  return wide;
#else
  // After the shift into float's layout, the exponent is too small by the difference of the biases; the
  // product corrects that, for subnormal numbers too.
  const uint32_t shifted = (value.bits & 0x7FFFu) << 13, sign = (value.bits & 0x8000u) << 16;
  const bool finite = (value.bits & 0x7C00u) != 0x7C00u;
  const uint32_t magnitude =
      finite ? bits_of_float(float_of_bits(shifted) * 0x1p112f) : shifted | 0x7F800000u;
  return float_of_bits(magnitude | sign);
#endif
}

/// Rounds to nearest, ties to even.
FOCUS_HOST_DEVICE void narrow(float value, float& to) { to = value; }
FOCUS_HOST_DEVICE void narrow(double value, double& to) { to = value; }
FOCUS_HOST_DEVICE void narrow(float value, Bf16& to) {
  const uint32_t bits = bits_of_float(value);
  const bool nan = (bits & 0x7FFFFFFFu) > 0x7F800000u;
  // Rounding could carry a NaN's mantissa into infinity.
  const uint32_t rounded = nan ? bits | 0x400000u : bits + 0x7FFFu + (bits >> 16 & 1u);
  to.bits = static_cast<uint16_t>(rounded >> 16);
}

FOCUS_HOST_DEVICE void narrow(float value, Fp16& to) {
#ifdef __CUDA_ARCH__
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(to.bits) : "f"(value));
#else
  const uint32_t bits = bits_of_float(value), magnitude = bits & 0x7FFFFFFFu;
  uint32_t half = 0;
  if (magnitude > 0x7F800000u) {
    half = 0x7E00u;
  } else if (magnitude >= 0x477FF000u) {  // 65520, half a step above the largest number, 65504: infinity.
    half = 0x7C00u;
  } else if (magnitude >= 0x38800000u) {
    const uint32_t rebiased = magnitude - 0x38000000u;
    half = (rebiased + 0xFFFu + (rebiased >> 13 & 1u)) >> 13;
  } else {
    // Subnormal halves are multiples of 2^-24, which is the spacing of floats below 1 from 0.5 on.
    half = bits_of_float(float_of_bits(magnitude) + 0.5f) - 0x3F000000u;
  }
  to.bits = static_cast<uint16_t>(half | (bits >> 16 & 0x8000u));
#endif
}

/// Numbers of type T in the sixteen bytes that a thread moves at once.
template <typename T>
inline constexpr int kVectorWidth = 16 / static_cast<int>(sizeof(T));

/// Whether threads may move sixteen bytes at once: rows of `channels` begin at multiples of that, as far as
/// the tensors at `pointers` (null: none) do.
template <typename T, int count>
FOCUS_HOST_DEVICE bool rows_are_aligned(int32_t channels, const void* const (&pointers)[count]) {
  bool aligned = channels % kVectorWidth<T> == 0;
  for (const void* pointer : pointers) aligned = aligned && reinterpret_cast<uintptr_t>(pointer) % 16 == 0;
  return aligned;
}

/// Reads `width` neighbours, 1 or kVectorWidth<T>; the latter must begin at a multiple of sixteen bytes.
template <int width, typename T>
FOCUS_DEVICE void load(const T* from, Real<T> (&to)[width]) {
  if constexpr (width == kVectorWidth<T>) {
    alignas(16) T numbers[width];
#ifdef __CUDA_ARCH__
    *reinterpret_cast<uint4*>(numbers) = __ldg(reinterpret_cast<const uint4*>(from));
#else
    if (reinterpret_cast<uintptr_t>(from) % 16 != 0) __builtin_trap();  // A GPU would fail as well.
    __builtin_memcpy(numbers, from, 16);
#endif
    FOCUS_UNROLL
    for (int i = 0; i < width; ++i) to[i] = widen(numbers[i]);
  } else {
    static_assert(width == 1);
    to[0] = widen(*from);
  }
}

/// Writes what `load` reads.
template <int width, typename T>
FOCUS_DEVICE void store(T* to, const Real<T> (&from)[width]) {
  if constexpr (width == kVectorWidth<T>) {
    alignas(16) T numbers[width];
    FOCUS_UNROLL
    for (int i = 0; i < width; ++i) narrow(from[i], numbers[i]);
#ifdef __CUDA_ARCH__
    *reinterpret_cast<uint4*>(to) = *reinterpret_cast<const uint4*>(numbers);
#else
    if (reinterpret_cast<uintptr_t>(to) % 16 != 0) __builtin_trap();
    __builtin_memcpy(to, numbers, 16);
#endif
  } else {
    static_assert(width == 1);
    narrow(from[0], *to);
  }
}

}  // namespace focus::ops::cuda
