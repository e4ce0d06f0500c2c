// The kernels of multi-scale deformable attention for W float lanes.
#pragma once

#include <utility>

#include "ops/cpu/lanes.h"
#include "ops/deform_attn/ms_deform_attn_kernel.h"

namespace focus::ops::kernel {
namespace {

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

/// W sampling points: where their corners are, and what the interpolation between them needs.
template <int W>
struct Points {
  I<W> offset[4];  ///< Top left, top right, bottom left, bottom right in value; -1: outside the image.
  F<W> x, y;       ///< Position between the corners, 0..1.
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
  // Keeps the compiler from fusing a multiply-add: at a pixel's border, where the gradient jumps, every
  // kernel must round to the same side.
#ifdef __FMA__
  __asm__("" : "+x"(x), "+x"(y));
#endif
  x -= 0.5f;
  y -= 0.5f;
  // The condition is also false for NaN; after it the conversions to integers are safe.
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
  const auto stride = static_cast<int32_t>(in.heads * in.channels);
  for (int corner = 0; corner < 4; ++corner) {
    const I<W> column = left + (corner & 1);
    const I<W> row = top + (corner >> 1);
    const I<W> valid = inside & (column >= 0) & (column < width) & (row >= 0) & (row < height);
    points.offset[corner] = valid ? (start + row * width + column) * stride : I<W>{} - 1;
  }
  return points;
}

/// Whether every lane is 0 or more.
template <int W>
bool all_valid(I<W> offset) {
  int32_t lanes[W];
  store(lanes, offset);
  int32_t signs = 0;
  for (int i = 0; i < W; ++i) signs |= lanes[i];
  return signs >= 0;
}

/// The terms of one output: their offsets in value and their weights, at most four per point.
struct Taps {
  int32_t offset[4 * kPointPadding];
  float weight[4 * kPointPadding];
  int64_t count;
};

template <int W>
void gather_taps(const Sampling<float>& in, int64_t item, int64_t first, const float* value, Taps& taps) {
  int64_t count = 0;
  for (const int64_t end = first + kPointPadding; first < end && first < in.points; first += W) {
    const Points<W> points = locate<W>(in, item, first);
    for (int corner = 0; corner < 4; ++corner) {
      const F<W> weight = points.weight * points.share(corner);
      if (all_valid<W>(points.offset[corner])) {
        store(taps.offset + count, points.offset[corner]);
        store(taps.weight + count, weight);
        count += W;
        continue;
      }
      for (int i = 0; i < W; ++i) {
        taps.offset[count] = points.offset[corner][i];
        taps.weight[count] = weight[i];
        count += points.offset[corner][i] >= 0;
      }
    }
  }
  taps.count = count;
  for (int64_t t = 0; t < count; ++t) __builtin_prefetch(value + taps.offset[t]);
}

/// Running sums over taps for neighbouring channels, in a vector of W lanes and others of the `narrower`
/// widths. Each has two sums, so that an addition need not wait for the previous one.
template <int W, int... narrower>
struct ChannelSums {
  F<W> even{}, odd{};
  ChannelSums<narrower...> rest;

  void load_from(const float* out) {
    even = load<F<W>>(out);
    rest.load_from(out + W);
  }
  void add_even(float weight, const float* value) {
    even += weight * load<F<W>>(value);
    rest.add_even(weight, value + W);
  }
  void add_odd(float weight, const float* value) {
    odd += weight * load<F<W>>(value);
    rest.add_odd(weight, value + W);
  }
  void store_to(float* out) const {
    store(out, even + odd);
    rest.store_to(out + W);
  }
};

template <int W>
struct ChannelSums<W> {
  F<W> even{}, odd{};

  void load_from(const float* out) { even = load<F<W>>(out); }
  void add_even(float weight, const float* value) { even += weight * load<F<W>>(value); }
  void add_odd(float weight, const float* value) { odd += weight * load<F<W>>(value); }
  void store_to(float* out) const { store(out, even + odd); }
};

/// Adds the taps to `out`, for as many channels as the vectors have lanes.
template <int... widths>
void add_taps(const Taps& taps, const float* value, float* out) {
  ChannelSums<widths...> sums;
  sums.load_from(out);
  int64_t t = 0;
  for (; t + 1 < taps.count; t += 2) {
    sums.add_even(taps.weight[t], value + taps.offset[t]);
    sums.add_odd(taps.weight[t + 1], value + taps.offset[t + 1]);
  }
  if (t < taps.count) sums.add_even(taps.weight[t], value + taps.offset[t]);
  sums.store_to(out);
}

template <int W>
void add_all_taps(const Taps& taps, const float* value, int64_t channels, float* out) {
  int64_t c = 0;
  for (; c + 4 * W <= channels; c += 4 * W) add_taps<W, W, W, W>(taps, value + c, out + c);
  for (; c + 2 * W <= channels; c += 2 * W) add_taps<W, W>(taps, value + c, out + c);
  for (; c + W <= channels; c += W) add_taps<W>(taps, value + c, out + c);
  // Some heads, such as those of 12 or 24 channels, do not fill whole vectors.
  if (c + 3 * W / 4 <= channels) {
    add_taps<W / 2, W / 4>(taps, value + c, out + c);
    c += 3 * W / 4;
  } else if (c + W / 2 <= channels) {
    add_taps<W / 2>(taps, value + c, out + c);
    c += W / 2;
  } else if (c + W / 4 <= channels) {
    add_taps<W / 4>(taps, value + c, out + c);
    c += W / 4;
  }
  if (c == channels) return;
  for (int64_t t = 0; t < taps.count; ++t) {
    const float* v = value + taps.offset[t];
    for (int64_t rest = c; rest < channels; ++rest) out[rest] += taps.weight[t] * v[rest];
  }
}

/// The position of the forward pass: a block of points of an item (row and head), in memory order.
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
void sample_points(const Sampling<float>& in, float* output, int64_t begin, int64_t end) {
  const int64_t stride = in.heads * in.channels;
  __builtin_memset(output + begin * stride, 0, (end - begin) * stride * sizeof(float));
  if (in.points == 0 || begin == end) return;
  Cursor current{begin * in.heads, 0, 0, begin % in.queries,
                 in.value + begin / in.queries * in.tokens * stride};
  // Works one block ahead: the next block's tokens are prefetched while this one is summed.
  Taps taps[2];
  gather_taps<W>(in, current.item, current.first, current.value, taps[0]);
  for (int parity = 0; current.item < end * in.heads; parity ^= 1) {
    Cursor next = current;
    next.advance(in);
    if (next.item < end * in.heads) gather_taps<W>(in, next.item, next.first, next.value, taps[parity ^ 1]);
    float* out = output + current.item * in.channels;
    add_all_taps<W>(taps[parity], current.value, in.channels, out);
    current = next;
  }
}

/// One block of W points of the backward pass.
template <int W>
struct Visit {
  int32_t offset[4 * W];  ///< Corner by corner; -1 outside.
  float share[4 * W];     ///< What the corner receives of the upstream gradient.
  float product[4 * W];   ///< Dot product of the upstream gradient and the corner's value.
};

/// Adds N vectors of L channels to the products and to the gradients of the corners.
template <int W, int N, int L = W>
void visit_corners(Visit<W>& visit, const float* upstream, const float* value, float* grad) {
  F<L> up[N];
  for (int v = 0; v < N; ++v) up[v] = load<F<L>>(upstream + v * L);
  for (int i = 0; i < 4 * W; ++i) {
    if (visit.offset[i] < 0) continue;
    const float* from = value + visit.offset[i];
    float* to = grad + visit.offset[i];
    F<L> product{};
    for (int v = 0; v < N; ++v) {
      product += up[v] * load<F<L>>(from + v * L);
      store(to + v * L, load<F<L>>(to + v * L) + visit.share[i] * up[v]);
    }
    visit.product[i] += sum<L>(product);
  }
}

template <int W>
void visit_all_channels(Visit<W>& visit, int64_t channels, const float* upstream, const float* value,
                        float* grad) {
  int64_t c = 0;
  for (; c + 4 * W <= channels; c += 4 * W) visit_corners<W, 4>(visit, upstream + c, value + c, grad + c);
  for (; c + 2 * W <= channels; c += 2 * W) visit_corners<W, 2>(visit, upstream + c, value + c, grad + c);
  for (; c + W <= channels; c += W) visit_corners<W, 1>(visit, upstream + c, value + c, grad + c);
  if (c + W / 2 <= channels) {
    visit_corners<W, 1, W / 2>(visit, upstream + c, value + c, grad + c);
    c += W / 2;
  }
  if (c + W / 4 <= channels) {
    visit_corners<W, 1, W / 4>(visit, upstream + c, value + c, grad + c);
    c += W / 4;
  }
  if (c == channels) return;
  for (int i = 0; i < 4 * W; ++i) {
    if (visit.offset[i] < 0) continue;
    for (int64_t rest = c; rest < channels; ++rest) {
      visit.product[i] += upstream[rest] * value[visit.offset[i] + rest];
      grad[visit.offset[i] + rest] += visit.share[i] * upstream[rest];
    }
  }
}

/// The gradients of W points of an item, whose head starts at base in value.
template <int W>
void backward_points(const Sampling<float>& in, const Gradients<float>& grad, int64_t item, int64_t first,
                     int64_t base) {
  using Sequence = std::make_integer_sequence<int, W>;
  const Points<W> points = locate<W>(in, item, first);
  Visit<W> visit;
  I<W> outside = ~I<W>{};
  for (int corner = 0; corner < 4; ++corner) {
    store(visit.offset + corner * W, points.offset[corner]);
    store(visit.share + corner * W, points.weight * points.share(corner));
    store(visit.product + corner * W, F<W>{});
    outside &= points.offset[corner] < 0;
  }
  visit_all_channels<W>(visit, in.channels, grad.output + item * in.channels, in.value + base,
                        grad.value + base);

  F<W> dot[4];
  for (int corner = 0; corner < 4; ++corner) dot[corner] = load<F<W>>(visit.product + corner * W);
  const F<W> top = dot[0] + points.x * (dot[1] - dot[0]);
  const F<W> bottom = dot[2] + points.x * (dot[3] - dot[2]);
  const F<W> across = (dot[1] - dot[0]) * (1 - points.y) + (dot[3] - dot[2]) * points.y;
  // A point outside the image has no gradient, even if its weight is not finite.
  const F<W> grad_x = outside ? F<W>{} : points.weight * points.width * across;
  const F<W> grad_y = outside ? F<W>{} : points.weight * points.height * (bottom - top);

  const int64_t n = in.points - first;
  const int64_t at = item * in.points + first;
  store_first(grad.weights + at, top + points.y * (bottom - top), n);
  store_first(grad.locations + 2 * at, interleave<0>(grad_x, grad_y, Sequence{}), 2 * n);
  store_first(grad.locations + 2 * at + W, interleave<W / 2>(grad_x, grad_y, Sequence{}), 2 * n - W);
}

template <int W>
void sample_points_gradient(const Sampling<float>& in, const Gradients<float>& grad, int64_t begin,
                            int64_t end) {
  const int64_t stride = in.heads * in.channels;
  while (begin < end) {
    const int64_t batch = begin / in.heads;
    const int64_t batch_end = (batch + 1) * in.heads < end ? (batch + 1) * in.heads : end;
    // Heads are the inner loop: the stride of a single head would use few sets of the caches.
    for (int64_t query = 0; query < in.queries; ++query) {
      for (int64_t slice = begin; slice < batch_end; ++slice) {
        const int64_t head = slice - batch * in.heads;
        const int64_t item = (batch * in.queries + query) * in.heads + head;
        const int64_t base = batch * in.tokens * stride + head * in.channels;
        for (int64_t first = 0; first < in.points; first += W)
          backward_points<W>(in, grad, item, first, base);
      }
    }
    begin = batch_end;
  }
}

}  // namespace
}  // namespace focus::ops::kernel
