// What a block of the forward kernel does (ops/cuda/team.h says what a team is).
#pragma once

#include <type_traits>

#include "ops/deform_attn/cuda/ms_deform_attn_points.h"

namespace focus::ops::cuda {

template <typename T, int width>
struct ForwardThread {
  int32_t thread;  ///< Set by the team.
  Seat seat;
  Softmax<Real<T>> softmax;
  Real<T> sum[width];
};

/// Adds the four corners of a point to a thread's channels. `value` points to these channels of the
/// image's first token.
template <typename T, int width>
FOCUS_DEVICE void add_tap(const Tap<Real<T>>& tap, int32_t level_width, const T* value, int64_t stride,
                          Real<T> (&sum)[width]) {
  // All loads before any arithmetic: a thread waits for memory once, not four times.
  Real<T> corners[4][width];
  FOCUS_UNROLL
  for (int corner = 0; corner < 4; ++corner) {
    FOCUS_UNROLL
    for (int i = 0; i < width; ++i) corners[corner][i] = 0;
    if (has_corner(tap, corner)) {
      load<width, T>(value + token_of(tap, corner, level_width) * stride, corners[corner]);
    }
  }
  FOCUS_UNROLL
  for (int corner = 0; corner < 4; ++corner) {
    const Real<T> share = share_of(tap, corner);
    FOCUS_UNROLL
    for (int i = 0; i < width; ++i) sum[i] += share * corners[corner][i];
  }
}

/// Writes the output (B, Q, H, D) of a block's queries.
/// @param geometry  geometry_of(shape, width, sizeof(Tap), true)
template <typename T, int width, int kLevels, int kPoints, typename Points, typename Team>
FOCUS_DEVICE void forward_block(Team& team, const Shape& shape, const Geometry& geometry,
                                const Points& points, const T* value, T* output) {
  using R = Real<T>;
  using Thread = ForwardThread<T, width>;
  const PointCounts<kLevels, kPoints> counts{shape};
  const int32_t lanes = geometry.lanes();

  team.each([&](Thread& me) {
    me.seat = seat_of(shape, geometry, width, true, team.block(), me.thread);
    FOCUS_UNROLL
    for (int i = 0; i < width; ++i) me.sum[i] = 0;
  });
  if constexpr (std::is_same_v<Points, RawPoints>)
    find_softmax<Thread>(team, shape, points, counts.all(), lanes);

  const int32_t at_once = counts.at_once(geometry);
  for (int32_t first = 0; first < counts.all(); first += at_once) {
    const int32_t count = counts.all() - first < at_once ? counts.all() - first : at_once;
    team.each([&](Thread& me) { place(team, counts, geometry, points, me.seat, me.softmax, first, count); });
    team.barrier();
    team.each([&](Thread& me) {
      if (!me.seat.occupied || me.seat.channel >= shape.channels) return;
      const T* from = value + me.seat.batch * shape.tokens * shape.stride() +
                      static_cast<int64_t>(me.seat.head) * shape.channels + me.seat.channel;
      counts.each(first, count, [&](int32_t level, int32_t point) {
        const Tap<R> tap = team.get(geometry.slot(me.seat.item, point - first));
        if (is_inside(tap)) add_tap(tap, shape.width[level], from, shape.stride(), me.sum);
      });
    });
    team.barrier();
  }

  team.each([&](Thread& me) {
    if (!me.seat.occupied || me.seat.channel >= shape.channels) return;
    store<width, T>(output + (me.seat.row * shape.heads + me.seat.head) * shape.channels + me.seat.channel,
                    me.sum);
  });
}

}  // namespace focus::ops::cuda
