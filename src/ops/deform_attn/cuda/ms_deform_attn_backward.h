// What a block of the backward kernel does (ops/cuda/team.h says what a team is).
#pragma once

#include <type_traits>

#include "ops/deform_attn/cuda/gradient_sums.h"
#include "ops/deform_attn/cuda/ms_deform_attn_points.h"

namespace focus::ops::cuda {

template <typename T, int width>
struct BackwardThread {
  int32_t thread;  ///< Set by the team.
  Seat seat;
  Softmax<Real<T>> softmax;  ///< Raw points only.
  Real<T> mean;              ///< Raw points only: weighted mean of the weights' gradients.
  Real<T> upstream[width];   ///< For the thread's first channels; usually it has no others.
  TapGradient<Real<T>> gradient;
};

/// Adds the products of a thread's channels of the upstream gradient with each corner's value to `dot`, and
/// the gradient of those values to `sums`. `at` is their index in the image's first token.
template <typename T, int width, typename Sums>
FOCUS_DEVICE void differentiate(const Tap<Real<T>>& tap, int32_t level_width, const T* value,
                                const Sums& sums, int64_t slice, int64_t at, int64_t stride,
                                const Real<T> (&upstream)[width], Real<T> (&dot)[4]) {
  using R = Real<T>;
  R corners[4][width];
  FOCUS_UNROLL
  for (int corner = 0; corner < 4; ++corner) {
    if (has_corner(tap, corner)) {
      load<width, T>(value + at + token_of(tap, corner, level_width) * stride, corners[corner]);
    }
  }
  FOCUS_UNROLL
  for (int corner = 0; corner < 4; ++corner) {
    if (!has_corner(tap, corner)) continue;
    const R share = share_of(tap, corner);
    R terms[width];
    FOCUS_UNROLL
    for (int i = 0; i < width; ++i) {
      dot[corner] += upstream[i] * corners[corner][i];
      terms[i] = share * upstream[i];
    }
    sums.add(slice, at + token_of(tap, corner, level_width) * stride, terms);
  }
}

template <typename T, typename R, typename Thread, typename Counts>
FOCUS_DEVICE void write_gradient(const GivenPoints<R>&, const Gradients<T>& grad, const Counts& counts,
                                 Thread& me, int32_t point, const Tap<R>& gradient) {
  const int64_t at = (me.seat.row * counts.shape.heads + me.seat.head) * counts.all() + point;
  grad.locations[2 * at] = gradient.x;
  grad.locations[2 * at + 1] = gradient.y;
  grad.weights[at] = gradient.weight;
}

/// Stores the weight's gradient in the place of the logit's until the mean of all is known.
template <typename T, typename R, typename Thread, typename Counts>
FOCUS_DEVICE void write_gradient(const RawPoints& points, const RawGradients<T>& grad, const Counts& counts,
                                 Thread& me, int32_t point, const Tap<R>& gradient) {
  const int64_t all = static_cast<int64_t>(counts.shape.heads) * counts.all();
  const int64_t at = static_cast<int64_t>(me.seat.head) * counts.all() + point;
  float* of_row = grad.raw + me.seat.row * 3 * all;
  const auto unit = offset_unit<R>(points, counts.shape, me.seat, counts.points(), point / counts.points());
  of_row[2 * at] = gradient.x * unit.x;
  of_row[2 * at + 1] = gradient.y * unit.y;
  of_row[2 * all + at] = gradient.weight;
  me.mean += weight_at(points, counts.shape, me.seat, counts.all(), point, me.softmax) * gradient.weight;
}

/// Backward through the softmax: a logit's gradient is its weight times (the weight's gradient - their
/// weighted mean). Each lane takes the points that it has written.
template <typename Thread, typename T, typename Counts, typename Team>
FOCUS_DEVICE void finish_logits(Team& team, const RawPoints& points, const RawGradients<T>& grad,
                                const Counts& counts, int32_t at_once, int32_t lanes) {
  team.reduce(
      lanes, [](Thread& me) -> Real<T>& { return me.mean; }, Plus());
  team.each([&](Thread& me) {
    if (!me.seat.occupied) return;
    const int64_t all = static_cast<int64_t>(counts.shape.heads) * counts.all();
    float* logits =
        grad.raw + me.seat.row * 3 * all + 2 * all + static_cast<int64_t>(me.seat.head) * counts.all();
    for (int32_t first = 0; first < counts.all(); first += at_once) {
      const int32_t end = first + at_once < counts.all() ? first + at_once : counts.all();
      for (int32_t point = first + me.seat.lane; point < end; point += lanes) {
        logits[point] = weight_at(points, counts.shape, me.seat, counts.all(), point, me.softmax) *
                        (logits[point] - me.mean);
      }
    }
  });
}

/// Adds the gradients of values to `sums` and writes the others.
/// @param geometry  geometry_of(shape, width, sizeof(Tap), false)
/// @param points    GivenPoints with Gradients, RawPoints with RawGradients
template <typename T, int width, int kLevels, int kPoints, typename Points, typename Grad, typename Sums,
          typename Team>
FOCUS_DEVICE void backward_block(Team& team, const Shape& shape, const Geometry& geometry,
                                 const Points& points, const T* value, const Grad& grad, const Sums& sums) {
  constexpr bool kRaw = std::is_same_v<Points, RawPoints>;
  using R = Real<T>;
  using Thread = BackwardThread<T, width>;
  const PointCounts<kLevels, kPoints> counts{shape};
  const int32_t lanes = geometry.lanes(), step = lanes * width;

  const auto load_upstream = [&](const Seat& seat, int32_t channel, R(&upstream)[width]) {
    load<width, T>(grad.output + (seat.row * shape.heads + seat.head) * shape.channels + channel, upstream);
  };
  team.each([&](Thread& me) {
    me.seat = seat_of(shape, geometry, width, false, team.block(), me.thread);
    me.mean = 0;
    if (me.seat.occupied && me.seat.channel < shape.channels)
      load_upstream(me.seat, me.seat.channel, me.upstream);
  });

  if constexpr (kRaw) find_softmax<Thread>(team, shape, points, counts.all(), lanes);

  const int32_t at_once = counts.at_once(geometry);
  for (int32_t first = 0; first < counts.all(); first += at_once) {
    const int32_t count = counts.all() - first < at_once ? counts.all() - first : at_once;
    team.each([&](Thread& me) { place(team, counts, geometry, points, me.seat, me.softmax, first, count); });
    team.barrier();
    counts.each(first, count, [&](int32_t level, int32_t point) {
      team.each([&](Thread& me) {
        me.gradient = {0, 0, 0};
        if (!me.seat.occupied || me.seat.channel >= shape.channels) return;
        const Tap<R> tap = team.get(geometry.slot(me.seat.item, point - first));
        // A point outside the image has no gradient, even if its weight is not finite.
        if (!is_inside(tap)) return;
        const int64_t at = me.seat.batch * shape.tokens * shape.stride() +
                           static_cast<int64_t>(me.seat.head) * shape.channels + me.seat.channel;
        R dot[4] = {0, 0, 0, 0};
        differentiate(tap, shape.width[level], value, sums, me.seat.slice, at, shape.stride(), me.upstream,
                      dot);
        for (int32_t more = step; me.seat.channel + more < shape.channels; more += step) {
          R upstream[width];
          load_upstream(me.seat, me.seat.channel + more, upstream);
          differentiate(tap, shape.width[level], value, sums, me.seat.slice, at + more, shape.stride(),
                        upstream, dot);
        }
        me.gradient = gradient_of(tap, dot, shape.width[level], shape.height[level]);
      });
      team.reduce(
          lanes, [](Thread& me) -> R& { return me.gradient.x; }, Plus());
      team.reduce(
          lanes, [](Thread& me) -> R& { return me.gradient.y; }, Plus());
      team.reduce(
          lanes, [](Thread& me) -> R& { return me.gradient.weight; }, Plus());
      // The gradient replaces its point in shared memory, so that neighbours are written together later.
      team.barrier();
      team.each([&](Thread& me) {
        if (me.seat.lane != 0 || !me.seat.occupied) return;
        team.put(geometry.slot(me.seat.item, point - first),
                 Tap<R>{me.gradient.x, me.gradient.y, me.gradient.weight, 0});
      });
    });
    team.barrier();
    team.each([&](Thread& me) {
      if (!me.seat.occupied) return;
      for (int32_t i = me.seat.lane; i < count; i += lanes) {
        write_gradient(points, grad, counts, me, first + i, team.get(geometry.slot(me.seat.item, i)));
      }
    });
    team.barrier();
  }
  if constexpr (kRaw) finish_logits<Thread>(team, points, grad, counts, at_once, lanes);
}

}  // namespace focus::ops::cuda
