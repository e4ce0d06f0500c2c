// The two passes around a backward kernel whose sums are the same in any order (ExactSums): one before it
// that bounds the terms, and one after it that converts integers to numbers.
#pragma once

#include "ops/deform_attn/cuda/gradient_sums.h"
#include "ops/deform_attn/cuda/ms_deform_attn_points.h"

namespace focus::ops::cuda {

template <typename R>
FOCUS_HOST_DEVICE R number_of_bits(uint64_t bits) {
  if constexpr (std::is_same_v<R, float>) return float_of_bits(static_cast<uint32_t>(bits));
  R number;
  __builtin_memcpy(&number, &bits, sizeof number);
  return number;
}

struct BoundThread {
  int32_t thread;  ///< Set by the team.
  Seat seat;
  uint64_t upstream;  ///< ordered_bits of the largest upstream gradient.
  uint64_t weight;    ///< 1 + ordered_bits of the largest weight of a point inside; 0: none is inside.
};

FOCUS_DEVICE void raise(uint64_t& bound, uint64_t to) {
#ifdef __CUDA_ARCH__
  atomicMax(reinterpret_cast<unsigned long long*>(&bound), static_cast<unsigned long long>(to));
#else
  bound = Larger()(bound, to);
#endif
}

/// Raises each slice's bound (B * H) to the largest term the block's queries can have: upstream gradient
/// times weight, as a corner's share is at most 1.
/// @param geometry  geometry_of(shape, 1, sizeof(Tap), false)
template <typename T, typename Team>
FOCUS_DEVICE void bound_block(Team& team, const Shape& shape, const Geometry& geometry,
                              const GivenPoints<Real<T>>& points, const T* upstream, uint64_t* bounds) {
  using R = Real<T>;
  const PointCounts<0, 0> counts{shape};
  const int32_t lanes = geometry.lanes();
  team.each([&](BoundThread& me) {
    me.seat = seat_of(shape, geometry, 1, false, team.block(), me.thread);
    me.upstream = me.weight = 0;
    if (!me.seat.occupied) return;
    const int64_t item = me.seat.row * shape.heads + me.seat.head;
    for (int32_t channel = me.seat.lane; channel < shape.channels; channel += lanes) {
      me.upstream = Larger()(me.upstream, ordered_bits(widen(upstream[item * shape.channels + channel])));
    }
    for (int32_t point = me.seat.lane; point < counts.all(); point += lanes) {
      const Tap<R> tap = tap_at(points, shape, me.seat, counts.all(), counts.points(),
                                point / counts.points(), point, Softmax<R>{});
      if (is_inside(tap)) me.weight = Larger()(me.weight, 1 + ordered_bits(tap.weight));
    }
  });
  team.reduce(
      lanes, [](BoundThread& me) -> uint64_t& { return me.upstream; }, Larger());
  team.reduce(
      lanes, [](BoundThread& me) -> uint64_t& { return me.weight; }, Larger());
  team.each([&](BoundThread& me) {
    if (me.seat.lane != 0 || me.weight == 0) return;
    raise(bounds[me.seat.slice],
          ordered_bits(number_of_bits<R>(me.upstream) * number_of_bits<R>(me.weight - 1)));
  });
}

/// Writes element `i` of the gradient of values (B, S, H, D).
template <typename R>
FOCUS_DEVICE void finish_sum(const Shape& shape, const ExactSums<R>& sums, int64_t i, R* grad_value) {
  const int64_t head = i / shape.channels % shape.heads, batch = i / (shape.tokens * shape.stride());
  const auto fixed = FixedPoint<R>::of(sums.bounds[batch * shape.heads + head], sums.term_bits);
  grad_value[i] = fixed.number(sums.sums[i]);
}

/// Enough bits to count the points of a slice; each point adds to a token at most once.
FOCUS_HOST_DEVICE int32_t term_bits_of(const Shape& shape) {
  const int64_t terms = shape.queries * shape.levels * shape.points;
  int32_t bits = 0;
  while (bits < 62 && int64_t{1} << bits < terms) ++bits;
  return bits;
}

}  // namespace focus::ops::cuda
