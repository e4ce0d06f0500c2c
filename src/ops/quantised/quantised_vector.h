// Products in eight bits with vectors of W lanes of 32 bits. Included by one file per instruction set, like
// ops/cpu/lanes.h.
#pragma once

#include <immintrin.h>

#include "ops/cpu/lanes.h"
#include "ops/quantised/quantised_kernel.h"

namespace focus::ops::kernel {
namespace {

// As many sums as the registers hold beside two vectors of weights and one of a row.
template <int W>
constexpr int kRowsAtOnce = W == 16 ? kQuantisedRows : 4;

/// sums + the products of unsigned and signed bytes, four to a sum. Without VNNI two products are first added
/// in 16 bits, which hold them if weights are at most 63.
template <int W>
I<W> add_products(I<W> sums, I<W> bytes, I<W> weights) {
#ifdef __AVX512BW__
  if constexpr (W == 16) {
    const auto unsigned_bytes = reinterpret_cast<__m512i>(bytes),
               signed_bytes = reinterpret_cast<__m512i>(weights);
#ifdef __AVX512VNNI__
    return reinterpret_cast<I<W>>(
        _mm512_dpbusd_epi32(reinterpret_cast<__m512i>(sums), unsigned_bytes, signed_bytes));
#else
    const auto pairs = _mm512_maddubs_epi16(unsigned_bytes, signed_bytes);
    return sums + reinterpret_cast<I<W>>(_mm512_madd_epi16(pairs, _mm512_set1_epi16(1)));
#endif
  }
#endif
  if constexpr (W == 8) {
    const auto unsigned_bytes = reinterpret_cast<__m256i>(bytes),
               signed_bytes = reinterpret_cast<__m256i>(weights);
#ifdef __AVXVNNI__
    return reinterpret_cast<I<W>>(
        _mm256_dpbusd_avx_epi32(reinterpret_cast<__m256i>(sums), unsigned_bytes, signed_bytes));
#else
    const auto pairs = _mm256_maddubs_epi16(unsigned_bytes, signed_bytes);
    return sums + reinterpret_cast<I<W>>(_mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
#endif
  }
}

/// x (1 + erf(x / sqrt 2)) / 2, where erf is approximated to 1.5e-7 (Abramowitz and Stegun, 7.1.26). NaN stays NaN.
template <int W>
F<W> gelu(F<W> x) {
  const F<W> z = (x < 0.0f ? -x : x) * 0.70710678f;
  const F<W> t = 1.0f / (z * 0.3275911f + 1.0f);
  const F<W> p =
      ((((t * 1.061405429f - 1.453152027f) * t + 1.421413741f) * t - 0.284496736f) * t + 0.254829592f) * t;
  const F<W> tail = 0.5f * p * exponential<W>(-z * z);  // (1 - erf z) / 2
  return x * (x < 0.0f ? tail : 1.0f - tail);
}

/// Writes the first `rows` of R rows, and the first `columns` of a panel.
template <int W, int R>
void finish_panel(const QuantisedProduct& in, const I<W> (&sums)[R][2], int64_t row, int64_t rows,
                  int64_t column, int64_t columns) {
#pragma GCC unroll 2
  for (int half = 0; half < 2; ++half) {
    const int64_t first = column + half * W, count = columns - half * W;
    if (count <= 0) return;
    const auto scales = load<F<W>>(in.column_scales + first);
    const auto zero = in.zero_sums ? load<I<W>>(in.zero_sums + first) : I<W>{};
    const auto bias = in.bias ? load<F<W>>(in.bias + first) : F<W>{};
#pragma GCC unroll 12
    for (int r = 0; r < R; ++r) {
      if (r >= rows) break;
      F<W> base = bias;
      if (in.addend) base += load_first<F<W>>(in.addend + (row + r) * in.addend_stride + first, count);
      const F<W> product = __builtin_convertvector(sums[r][half] - zero, F<W>);
      F<W> y = product * (scales * in.row_scales[row + r]) + base;
      if (in.clamps) {
        y = y < 0.0f ? F<W>{} : y;
        y = y > in.upper ? F<W>{} + in.upper : y;
      }
      if (in.gelu) y = gelu<W>(y);
      store_first(in.output + (row + r) * in.output_stride + first, y, count);
    }
  }
}

template <int W>
void multiply_quantised(const QuantisedProduct& in, int64_t rows) {
  constexpr int R = kRowsAtOnce<W>;
  constexpr int64_t panel = quantised_panel(W);
  for (int64_t column = 0; column < in.columns; column += panel) {
    const int8_t* const weights = in.weights + column / panel * in.panel_stride;
    for (int64_t row = 0; row < rows; row += R) {
      const uint8_t* const bytes = in.bytes + row * in.bytes_stride;
      I<W> sums[R][2] = {};
      for (int64_t k = 0; k < in.depth; k += kBytesPerSum) {
        const auto low = load<I<W>>(weights + k * panel), high = load<I<W>>(weights + k * panel + 4 * W);
#pragma GCC unroll 12
        for (int r = 0; r < R; ++r) {
          const I<W> four = I<W>{} + load<int32_t>(bytes + r * in.bytes_stride + k);
          sums[r][0] = add_products<W>(sums[r][0], four, low);
          sums[r][1] = add_products<W>(sums[r][1], four, high);
        }
      }
      finish_panel<W, R>(in, sums, row, rows - row, column, in.columns - column);
    }
  }
}

template <int W>
struct ByteLanes {
  typedef uint8_t U __attribute__((vector_size(W)));
};

/// The bits of the largest absolute value; those of a NaN are larger than any number's.
template <int W>
int32_t largest_bits(const float* from, int64_t n) {
  const int64_t whole = n / W * W;
  I<W> top{};
  for (int64_t i = 0; i < whole; i += W) top = larger(top, load<I<W>>(from + i) & 0x7fffffff);
  int32_t largest = 0;
  for (int i = 0; i < W; ++i) largest = larger(largest, top[i]);
  for (int64_t i = whole; i < n; ++i) largest = larger(largest, load<int32_t>(from + i) & 0x7fffffff);
  return largest;
}

template <int W>
void quantise_rows(const RowsToQuantise& in, int64_t rows) {
  const float steps = in.is_signed ? 127.0f : 255.0f;
  const float zero = (in.is_signed ? static_cast<float>(kZeroByte) : 0.0f) + 0.5f;  // Truncation then rounds.
  const int64_t whole = in.width / W * W;
  for (int64_t row = 0; row < rows; ++row) {
    const float* const from = in.source + row * in.stride;
    uint8_t* const to = in.bytes + row * in.bytes_stride;
    const int32_t bits = largest_bits<W>(from, in.width);
    const auto largest = load<float>(&bits);
    const float inverse = largest > 0 ? steps / largest : 0.0f;
    // 0 * infinity is NaN, which every result of the row then is.
    in.scales[row] = largest / steps + 0 * largest;
    for (int64_t i = 0; i < whole; i += W) {
      const I<W> numbers = __builtin_convertvector(load<F<W>>(from + i) * inverse + zero, I<W>);
      store(to + i, __builtin_convertvector(numbers, typename ByteLanes<W>::U));
    }
    for (int64_t i = whole; i < in.width; ++i) {
      const float number = from[i] * inverse + zero;
      to[i] = number >= 0 && number < 256 ? static_cast<uint8_t>(number) : 0;
    }
    for (int64_t i = in.width; i < in.bytes_stride; ++i) to[i] = 0;
  }
}

}  // namespace
}  // namespace focus::ops::kernel
