// The kernels for W float lanes, in the compiler's vector types. Included by one source file an instruction
// set, which its own compile flags turn into that set's instructions; everything here has internal linkage
// for that reason.
#pragma once

#include <utility>

#include "ops/ms_deform_attn_kernel.h"

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

template <typename V, int... i>
V even(V a, V b, std::integer_sequence<int, i...>) {
  return __builtin_shufflevector(a, b, (2 * i)...);
}
template <typename V, int... i>
V odd(V a, V b, std::integer_sequence<int, i...>) {
  return __builtin_shufflevector(a, b, (2 * i + 1)...);
}
/// Lanes a0 b0 a1 b1 ... of the lower (from = 0) or the upper half (from = W / 2).
template <int from, typename V, int... i>
V interleave(V a, V b, std::integer_sequence<int, i...>) {
  constexpr int width = sizeof...(i);
  return __builtin_shufflevector(a, b, (from + i / 2 + i % 2 * width)...);
}

/// W sampling points: where their corners are and how the value between them is mixed.
template <int W>
struct Points {
  I<W> token[4];  ///< Top left, top right, bottom left, bottom right; -1 outside the picture.
  F<W> x, y;      ///< Position between the corners, 0..1.
  F<W> weight;
  F<W> width, height;  ///< Of the level.

  F<W> share(int corner) const { return (corner & 1 ? x : 1 - x) * (corner & 2 ? y : 1 - y); }
};

template <int W>
Points<W> locate(const Sampling<float>& in, int64_t item, int64_t first) {
  using Sequence = std::make_integer_sequence<int, W>;
  const int64_t n = in.points - first;
  const int64_t at = item * in.points + first;
  const F<W> low = load_first<F<W>>(in.locations + 2 * at, 2 * n);
  const F<W> high = load_first<F<W>>(in.locations + 2 * at + W, 2 * n - W);
  const I<W> width = load<I<W>>(in.level_width + first);
  const I<W> height = load<I<W>>(in.level_height + first);

  Points<W> points;
  points.weight = load_first<F<W>>(in.weights + at, n);
  points.width = __builtin_convertvector(width, F<W>);
  points.height = __builtin_convertvector(height, F<W>);
  F<W> x = even(low, high, Sequence{}) * points.width;
  F<W> y = odd(low, high, Sequence{}) * points.height;
  // Keeps the compiler from fusing into a multiply-add: next to a pixel's border, where the gradient jumps,
  // every kernel must round to the same side.
  __asm__("" : "+x"(x), "+x"(y));
  x -= 0.5f;
  y -= 0.5f;
  // Also false for NaN; past it the conversions to integers are safe.
  const I<W> inside = (x > -1.0f) & (x < points.width) & (y > -1.0f) & (y < points.height);
  x = inside ? x : F<W>{};
  y = inside ? y : F<W>{};
  I<W> left = __builtin_convertvector(x, I<W>);
  I<W> top = __builtin_convertvector(y, I<W>);
  left +=
      x < __builtin_convertvector(left, F<W>);  // Truncation rounds up between -1 and 0; a true lane is -1.
  top += y < __builtin_convertvector(top, F<W>);
  points.x = x - __builtin_convertvector(left, F<W>);
  points.y = y - __builtin_convertvector(top, F<W>);
  const I<W> start = load<I<W>>(in.level_start + first);
  for (int corner = 0; corner < 4; ++corner) {
    const I<W> column = left + (corner & 1);
    const I<W> row = top + (corner >> 1);
    const I<W> valid = inside & (column >= 0) & (column < width) & (row >= 0) & (row < height);
    points.token[corner] = valid ? start + row * width + column : I<W>{} - 1;
  }
  return points;
}

/// The terms of one output: weights and the tokens they apply to, at most four a point.
struct Taps {
  int32_t token[4 * kPointPadding];
  float weight[4 * kPointPadding];
  int64_t count;
};

template <int W>
void gather_taps(const Sampling<float>& in, int64_t item, int64_t first, const float* value, Taps& taps) {
  const int64_t stride = in.heads * in.channels;
  taps.count = 0;
  for (const int64_t end = first + kPointPadding; first < end && first < in.points; first += W) {
    const Points<W> points = locate<W>(in, item, first);
    for (int corner = 0; corner < 4; ++corner) {
      int32_t token[W];
      float weight[W];
      store(token, points.token[corner]);
      store(weight, points.weight * points.share(corner));
      int64_t count = taps.count;
      for (int i = 0; i < W; ++i) {
        taps.token[count] = token[i];
        taps.weight[count] = weight[i];
        count += token[i] >= 0;
        __builtin_prefetch(value + (token[i] < 0 ? 0 : token[i]) * stride);
      }
      taps.count = count;
    }
  }
}

/// Adds the taps of N vectors of channels to out.
template <int W, int N>
void add_taps(const Taps& taps, const float* value, int64_t stride, float* out) {
  F<W> even_sum[N], odd_sum[N];
  for (int v = 0; v < N; ++v) {
    even_sum[v] = load<F<W>>(out + v * W);
    odd_sum[v] = F<W>{};
  }
  int64_t t = 0;
  for (; t + 1 < taps.count; t += 2) {
    const float* a = value + taps.token[t] * stride;
    const float* b = value + taps.token[t + 1] * stride;
    for (int v = 0; v < N; ++v) {
      even_sum[v] += taps.weight[t] * load<F<W>>(a + v * W);
      odd_sum[v] += taps.weight[t + 1] * load<F<W>>(b + v * W);
    }
  }
  if (t < taps.count) {
    const float* a = value + taps.token[t] * stride;
    for (int v = 0; v < N; ++v) even_sum[v] += taps.weight[t] * load<F<W>>(a + v * W);
  }
  for (int v = 0; v < N; ++v) store(out + v * W, even_sum[v] + odd_sum[v]);
}

template <int W>
void add_all_taps(const Taps& taps, const float* value, int64_t stride, int64_t channels, float* out) {
  int64_t c = 0;
  for (; c + 4 * W <= channels; c += 4 * W) add_taps<W, 4>(taps, value + c, stride, out + c);
  for (; c + 2 * W <= channels; c += 2 * W) add_taps<W, 2>(taps, value + c, stride, out + c);
  for (; c + W <= channels; c += W) add_taps<W, 1>(taps, value + c, stride, out + c);
  if (c == channels) return;
  for (int64_t t = 0; t < taps.count; ++t) {
    const float* v = value + taps.token[t] * stride;
    for (int64_t rest = c; rest < channels; ++rest) out[rest] += taps.weight[t] * v[rest];
  }
}

/// Where the forward pass is: a block of points of an item (row and head), in memory order.
struct Cursor {
  int64_t item, first, head, query;
  const float* value;

  void advance(const Sampling<float>& in) {
    first += kPointPadding;
    if (first < in.points) return;
    first = 0;
    ++item;
    value += in.channels;
    if (++head < in.heads) return;
    head = 0;
    value -= in.heads * in.channels;
    if (++query < in.queries) return;
    query = 0;
    value += in.tokens * in.heads * in.channels;
  }
};

template <int W>
void forward_vector(const Sampling<float>& in, float* output, int64_t begin, int64_t end) {
  const int64_t stride = in.heads * in.channels;
  __builtin_memset(output + begin * stride, 0, (end - begin) * stride * sizeof(float));
  if (in.points == 0 || begin == end) return;
  Cursor current{begin * in.heads, 0, 0, begin % in.queries,
                 in.value + begin / in.queries * in.tokens * stride};
  // One step ahead: the tokens of the next block are on their way from memory while this one is summed.
  Taps taps[2];
  gather_taps<W>(in, current.item, current.first, current.value, taps[0]);
  for (int parity = 0; current.item < end * in.heads; parity ^= 1) {
    Cursor next = current;
    next.advance(in);
    if (next.item < end * in.heads) gather_taps<W>(in, next.item, next.first, next.value, taps[parity ^ 1]);
    float* out = output + current.item * in.channels;
    add_all_taps<W>(taps[parity], current.value, stride, in.channels, out);
    current = next;
  }
}

/// The product of one token with the upstream gradient over N vectors of channels; adds the token's own
/// gradient.
template <int W, int N>
float visit(const float* upstream, const float* value, float share, float* grad) {
  F<W> product{};
  for (int v = 0; v < N; ++v) {
    const F<W> up = load<F<W>>(upstream + v * W);
    product += up * load<F<W>>(value + v * W);
    store(grad + v * W, load<F<W>>(grad + v * W) + share * up);
  }
  return sum<W>(product);
}

template <int W>
float visit_all(int64_t channels, const float* upstream, const float* value, float share, float* grad) {
  float dot = 0;
  int64_t c = 0;
  for (; c + 4 * W <= channels; c += 4 * W) dot += visit<W, 4>(upstream + c, value + c, share, grad + c);
  for (; c + 2 * W <= channels; c += 2 * W) dot += visit<W, 2>(upstream + c, value + c, share, grad + c);
  for (; c + W <= channels; c += W) dot += visit<W, 1>(upstream + c, value + c, share, grad + c);
  for (; c < channels; ++c) {
    dot += upstream[c] * value[c];
    grad[c] += share * upstream[c];
  }
  return dot;
}

/// The gradients of W points of an item.
template <int W>
void backward_points(const Sampling<float>& in, const Gradients<float>& grad, int64_t item, int64_t first,
                     int64_t base) {
  using Sequence = std::make_integer_sequence<int, W>;
  const int64_t stride = in.heads * in.channels;
  const float* upstream = grad.output + item * in.channels;
  const Points<W> points = locate<W>(in, item, first);
  F<W> dot[4];
  I<W> outside{};
  outside = ~outside;
  for (int corner = 0; corner < 4; ++corner) {
    int32_t token[W];
    float share[W];
    float product[W];
    store(token, points.token[corner]);
    store(share, points.weight * points.share(corner));
    for (int i = 0; i < W; ++i) {
      product[i] = 0;
      if (token[i] < 0) continue;
      const int64_t at = base + token[i] * stride;
      product[i] = visit_all<W>(in.channels, upstream, in.value + at, share[i], grad.value + at);
    }
    dot[corner] = load<F<W>>(product);
    outside &= points.token[corner] < 0;
  }
  const F<W> top = dot[0] + points.x * (dot[1] - dot[0]);
  const F<W> bottom = dot[2] + points.x * (dot[3] - dot[2]);
  const F<W> across = (dot[1] - dot[0]) * (1 - points.y) + (dot[3] - dot[2]) * points.y;
  const F<W> zero{};
  // A point outside has no gradient, even where its weight is not finite.
  const F<W> grad_x = outside ? zero : points.weight * points.width * across;
  const F<W> grad_y = outside ? zero : points.weight * points.height * (bottom - top);

  const int64_t n = in.points - first;
  const int64_t at = item * in.points + first;
  store_first(grad.weights + at, top + points.y * (bottom - top), n);
  store_first(grad.locations + 2 * at, interleave<0>(grad_x, grad_y, Sequence{}), 2 * n);
  store_first(grad.locations + 2 * at + W, interleave<W / 2>(grad_x, grad_y, Sequence{}), 2 * n - W);
}

template <int W>
void backward_vector(const Sampling<float>& in, const Gradients<float>& grad, int64_t begin, int64_t end) {
  for (int64_t slice = begin; slice < end; ++slice) {
    const int64_t batch = slice / in.heads;
    const int64_t head = slice % in.heads;
    const int64_t base = batch * in.tokens * in.heads * in.channels + head * in.channels;
    for (int64_t query = 0; query < in.queries; ++query) {
      const int64_t item = (batch * in.queries + query) * in.heads + head;
      for (int64_t first = 0; first < in.points; first += W) backward_points<W>(in, grad, item, first, base);
    }
  }
}

}  // namespace
}  // namespace focus::ops::kernel
