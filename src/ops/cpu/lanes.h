// Vectors of W float lanes, in the compiler's vector types. Included by one source file per instruction set,
// whose compile flags choose the instructions; everything here has internal linkage for that reason.
#pragma once

#include <cstdint>

namespace focus::ops::kernel {
namespace {

template <int W>
struct Lanes {
  typedef float F __attribute__((vector_size(4 * W)));
  typedef int32_t I __attribute__((vector_size(4 * W)));
};
template <int W>
using F = typename Lanes<W>::F;
template <int W>
using I = typename Lanes<W>::I;

template <typename V, typename T>
V load(const T* from) {
  V v;
  __builtin_memcpy(&v, from, sizeof v);
  return v;
}

template <typename V, typename T>
void store(T* to, V v) {
  __builtin_memcpy(to, &v, sizeof v);
}

/// The first n lanes, the others 0.
template <typename V>
V load_first(const float* from, int64_t n) {
  if (n >= static_cast<int64_t>(sizeof(V) / sizeof(float))) return load<V>(from);
  V v{};
  for (int64_t i = 0; i < n; ++i) v[i] = from[i];
  return v;
}

template <typename V>
void store_first(float* to, V v, int64_t n) {
  if (n >= static_cast<int64_t>(sizeof(V) / sizeof(float))) return store(to, v);
  for (int64_t i = 0; i < n; ++i) to[i] = v[i];
}

template <int W>
float sum(F<W> v) {
  if constexpr (W == 1) {
    return v[0];
  } else {
    const auto low = load<F<W / 2>>(reinterpret_cast<const float*>(&v));
    const auto high = load<F<W / 2>>(reinterpret_cast<const float*>(&v) + W / 2);
    return sum<W / 2>(low + high);
  }
}

template <typename V>
V larger(V a, V b) {
  return a > b ? a : b;
}

/// e^x for x <= 0, to two units in the last place; x below -87 counts as -87, so that no result is denormal.
/// Range reduction by ln 2 in two parts and the polynomial of Cephes' expf.
template <int W>
F<W> exponential(F<W> x) {
  x = larger(x, F<W>{} - 87.0f);
  const I<W> power = __builtin_convertvector(x * 1.44269504f - 0.5f, I<W>);  // Rounds to nearest, as x <= 0.
  const F<W> n = __builtin_convertvector(power, F<W>);
  const F<W> r = x - n * 0.693359375f + n * 2.12194440e-4f;
  F<W> p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  const I<W> bits = (power + 127) << 23;
  F<W> scale;
  __builtin_memcpy(&scale, &bits, sizeof scale);
  return p * scale;
}

/// exp(number - largest) of n >= 1 numbers; returns their sum. `from` and `to` may be the same.
template <int W>
float exponentials(const float* from, float* to, int64_t n) {
  const int64_t whole = n / W * W;
  F<W> top = F<W>{} + from[0];
  for (int64_t i = 0; i < whole; i += W) top = larger(top, load<F<W>>(from + i));
  float largest = from[0];
  for (int i = 0; i < W; ++i) largest = top[i] > largest ? top[i] : largest;
  for (int64_t i = whole; i < n; ++i) largest = from[i] > largest ? from[i] : largest;
  F<W> total{};
  for (int64_t i = 0; i < whole; i += W) {
    const F<W> e = exponential<W>(load<F<W>>(from + i) - largest);
    total += e;
    store(to + i, e);
  }
  float sum_of_all = sum<W>(total);
  for (int64_t i = whole; i < n; ++i) {
    const F<W> e = exponential<W>(F<W>{} + (from[i] - largest));
    to[i] = e[0];
    sum_of_all += e[0];
  }
  return sum_of_all;
}

/// Softmax of n >= 1 numbers; `from` and `to` may be the same.
template <int W>
void softmax(const float* from, float* to, int64_t n) {
  const int64_t whole = n / W * W;
  const float scale = 1 / exponentials<W>(from, to, n);
  for (int64_t i = 0; i < whole; i += W) store(to + i, load<F<W>>(to + i) * scale);
  for (int64_t i = whole; i < n; ++i) to[i] *= scale;
}

}  // namespace
}  // namespace focus::ops::kernel
