// How the gradients of values are summed: many queries add to a token, in an undefined order.
#pragma once

#include <cmath>
#include <cstdint>
#include <type_traits>

#include "ops/cuda/numbers.h"

namespace focus::ops::cuda {

/// Sums by floating-point atomics: fast, but their last digits depend on the order.
template <typename R>
struct AtomicSums {
  R* sums;

  /// Adds to `width` neighbours from `at` on. Where width > 1, `at` is a multiple of sixteen bytes.
  template <int width>
  FOCUS_DEVICE void add(int64_t /*slice*/, int64_t at, const R (&terms)[width]) const {
#ifdef __CUDA_ARCH__
    // From Hopper on, four floats are added by one instruction.
    if constexpr (__CUDA_ARCH__ >= 900 && width % 4 == 0 && std::is_same_v<R, float>) {
      FOCUS_UNROLL
      for (int i = 0; i < width; i += 4) {
        asm volatile(
            "red.global.add.v4.f32 [%0], {%1, %2, %3, %4};" ::"l"(__cvta_generic_to_global(sums + at + i)),
            "f"(terms[i]), "f"(terms[i + 1]), "f"(terms[i + 2]), "f"(terms[i + 3])
            : "memory");
      }
    } else {
      FOCUS_UNROLL
      for (int i = 0; i < width; ++i) atomicAdd(sums + at + i, terms[i]);
    }
#else
    for (int i = 0; i < width; ++i) sums[at + i] += terms[i];
#endif
  }
};

/// 2^n, where that is a normal number.
FOCUS_HOST_DEVICE float power_of_two(int32_t n, float) {
  return float_of_bits(static_cast<uint32_t>(n + 127) << 23);
}
FOCUS_HOST_DEVICE double power_of_two(int32_t n, double) {
  const auto bits = static_cast<uint64_t>(n + 1023) << 52;
  double value;
  __builtin_memcpy(&value, &bits, sizeof value);
  return value;
}

/// The bits of a number's magnitude: they are ordered like the magnitudes, with NaN above infinity.
FOCUS_HOST_DEVICE uint64_t ordered_bits(float value) { return bits_of_float(value) & 0x7FFFFFFFu; }
FOCUS_HOST_DEVICE uint64_t ordered_bits(double value) {
  uint64_t bits;
  __builtin_memcpy(&bits, &value, sizeof bits);
  return bits & 0x7FFFFFFFFFFFFFFFu;
}

/// Scales numbers up to a bound by a power of two into integers, of which 2^term_bits add up to at most 63
/// bits.
template <typename R>
struct FixedPoint {
  R up[2], down[2];  ///< The power and its inverse as two factors each, which are normal numbers.
  bool finite;

  /// @param bound       ordered_bits of the largest magnitude of a term
  /// @param term_bits   at most 2^term_bits terms are added up
  FOCUS_HOST_DEVICE static FixedPoint of(uint64_t bound, int32_t term_bits) {
    constexpr int32_t kMantissa = std::is_same_v<R, float> ? 23 : 52,
                      kBias = std::is_same_v<R, float> ? 127 : 1023;
    const auto exponent =
        static_cast<int32_t>(bound >> kMantissa);  // The bound is below 2^(exponent - kBias + 1).
    const int32_t power = 62 - term_bits - (exponent - kBias + 1), half = power / 2;
    return {{power_of_two(half, R{}), power_of_two(power - half, R{})},
            {power_of_two(-half, R{}), power_of_two(half - power, R{})},
            exponent != 2 * kBias + 1};
  }
  FOCUS_HOST_DEVICE int64_t integer(R term) const {
    if constexpr (std::is_same_v<R, float>) return llrintf(term * up[0] * up[1]);
    return llrint(static_cast<double>(term) * static_cast<double>(up[0]) * static_cast<double>(up[1]));
  }
  /// The sum as a number; NaN if the bound was not finite.
  FOCUS_HOST_DEVICE R number(int64_t sum) const {
    return finite ? static_cast<R>(sum) * down[0] * down[1] : static_cast<R>(NAN);
  }
};

/// Sums of integers, which are the same in any order. Each slice (a head of an image) has its own bound; its
/// sums are exact to about 2^-43 of that bound for any realistic number of points.
template <typename R>
struct ExactSums {
  int64_t* sums;           ///< (B, S, H, D), zero at first.
  const uint64_t* bounds;  ///< (B * H), ordered_bits.
  int32_t term_bits;

  template <int width>
  FOCUS_DEVICE void add(int64_t slice, int64_t at, const R (&terms)[width]) const {
    const auto fixed = FixedPoint<R>::of(bounds[slice], term_bits);
    if (!fixed.finite) return;
    FOCUS_UNROLL
    for (int i = 0; i < width; ++i) {
      const int64_t term = fixed.integer(terms[i]);
#ifdef __CUDA_ARCH__
      atomicAdd(reinterpret_cast<unsigned long long*>(sums + at + i), static_cast<unsigned long long>(term));
#else
      sums[at + i] += term;
#endif
    }
  }
};

}  // namespace focus::ops::cuda
