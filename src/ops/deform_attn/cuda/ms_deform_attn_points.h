// Placing points: the lanes of a query share the work of turning its locations and weights, or the raw output
// they are made of, into taps in shared memory. The sampling code does not depend on their source.
#pragma once

#include <cmath>

#include "ops/cuda/team.h"
#include "ops/deform_attn/cuda/ms_deform_attn_geometry.h"
#include "ops/deform_attn/cuda/ms_deform_attn_tap.h"

namespace focus::ops::cuda {

/// Levels and points per level, known to the compiler unless 0.
template <int kLevels, int kPoints>
struct PointCounts {
  const Shape& shape;

  FOCUS_DEVICE int32_t levels() const { return kLevels ? kLevels : shape.levels; }
  FOCUS_DEVICE int32_t points() const { return kPoints ? kPoints : shape.points; }
  FOCUS_DEVICE int32_t all() const { return levels() * points(); }
  /// Known counts are only used where all points fit at once.
  FOCUS_DEVICE int32_t at_once(const Geometry& geometry) const {
    return kLevels * kPoints ? kLevels * kPoints : geometry.points_at_once;
  }

  /// Calls visit(level, point) for points first .. first + count - 1.
  template <typename Visit>
  FOCUS_DEVICE void each(int32_t first, int32_t count, Visit visit) const {
    if constexpr (kLevels * kPoints != 0) {
      FOCUS_NO_UNROLL
      for (int32_t level = 0; level < kLevels; ++level) {
        FOCUS_UNROLL
        for (int32_t point = 0; point < kPoints; ++point) visit(level, level * kPoints + point);
      }
    } else {
      int32_t level = first / points(), next = (level + 1) * points();
      FOCUS_NO_UNROLL
      for (int32_t point = first; point < first + count; ++point) {
        if (point == next) {
          ++level;
          next += points();
        }
        visit(level, point);
      }
    }
  }
};

/// A lane's part of its query's softmax.
template <typename R>
struct Softmax {
  R largest, total;
};

/// The largest logit among a lane's points. A logit that is NaN may be missed here but makes the sum NaN.
template <typename R>
FOCUS_DEVICE R largest_logit(const float* logits, int32_t count, const Seat& seat, int32_t lanes) {
  R largest = -static_cast<R>(INFINITY);
  for (int32_t point = seat.lane; point < count && seat.occupied; point += lanes) {
    largest = Larger()(largest, static_cast<R>(logits[point]));
  }
  return largest;
}

template <typename R>
FOCUS_DEVICE R sum_of_powers(const float* logits, int32_t count, const Seat& seat, int32_t lanes, R largest) {
  R sum = 0;
  for (int32_t point = seat.lane; point < count && seat.occupied; point += lanes) {
    sum += std::exp(static_cast<R>(logits[point]) - largest);
  }
  return sum;
}

FOCUS_DEVICE const float* logits_of(const RawPoints& points, const Shape& shape, const Seat& seat,
                                    int32_t count) {
  return points.raw + (seat.row * 3 + 2) * shape.heads * count + static_cast<int64_t>(seat.head) * count;
}

template <typename R>
FOCUS_DEVICE Tap<R> tap_at(const GivenPoints<R>& points, const Shape& shape, const Seat& seat, int32_t count,
                           int32_t /*points_of_level*/, int32_t level, int32_t point, const Softmax<R>&) {
  const int64_t at = (seat.row * shape.heads + seat.head) * count + point;
  return tap_of(shape, level, points.locations[2 * at], points.locations[2 * at + 1], points.weights[at]);
}

/// The length of an offset of 1 for the points of the seat's query: x and y as fractions of the level.
template <typename R>
struct OffsetUnit {
  R x, y;
};

template <typename R>
FOCUS_DEVICE OffsetUnit<R> offset_unit(const RawPoints& points, const Shape& shape, const Seat& seat,
                                       int32_t points_of_level, int32_t level) {
  // In a box, the points of a level divide half its size, from centre to edge; otherwise the unit is a pixel.
  if (!points.boxes) return {1 / static_cast<R>(shape.width[level]), 1 / static_cast<R>(shape.height[level])};
  const float* box = points.references + (seat.row * shape.levels + level) * 4;
  return {box[2] * static_cast<R>(0.5) / static_cast<R>(points_of_level),
          box[3] * static_cast<R>(0.5) / static_cast<R>(points_of_level)};
}

/// A point's attention weight.
template <typename R>
FOCUS_DEVICE R weight_at(const RawPoints& points, const Shape& shape, const Seat& seat, int32_t count,
                         int32_t point, const Softmax<R>& softmax) {
  const R logit = logits_of(points, shape, seat, count)[point];
  return std::exp(logit - softmax.largest) / softmax.total;
}

template <typename R>
FOCUS_DEVICE Tap<R> tap_at(const RawPoints& points, const Shape& shape, const Seat& seat, int32_t count,
                           int32_t points_of_level, int32_t level, int32_t point, const Softmax<R>& softmax) {
  const int64_t in_head = static_cast<int64_t>(seat.head) * count + point;
  const float* offset = points.raw + seat.row * 3 * shape.heads * count + 2 * in_head;
  const float* reference = points.references + (seat.row * shape.levels + level) * (points.boxes ? 4 : 2);
  const auto unit = offset_unit<R>(points, shape, seat, points_of_level, level);
  return tap_of(shape, level, reference[0] + offset[0] * unit.x, reference[1] + offset[1] * unit.y,
                weight_at(points, shape, seat, count, point, softmax));
}

/// Gives every lane the largest logit and the sum of its query's softmax.
/// @tparam Thread  has a seat and a softmax
template <typename Thread, typename Team>
FOCUS_DEVICE void find_softmax(Team& team, const Shape& shape, const RawPoints& points, int32_t count,
                               int32_t lanes) {
  using R = decltype(Thread::softmax.total);
  team.each([&](Thread& me) {
    me.softmax.largest = largest_logit<R>(logits_of(points, shape, me.seat, count), count, me.seat, lanes);
  });
  team.reduce(
      lanes, [](Thread& me) -> R& { return me.softmax.largest; }, Larger());
  team.each([&](Thread& me) {
    me.softmax.total =
        sum_of_powers<R>(logits_of(points, shape, me.seat, count), count, me.seat, lanes, me.softmax.largest);
  });
  team.reduce(
      lanes, [](Thread& me) -> R& { return me.softmax.total; }, Plus());
}

/// Puts a lane's share of its query's points first .. first + count - 1 into the team's shared memory.
template <typename R, typename Team, typename Counts, typename Points>
FOCUS_DEVICE void place(Team& team, const Counts& counts, const Geometry& geometry, const Points& points,
                        const Seat& seat, const Softmax<R>& softmax, int32_t first, int32_t count) {
  if (!seat.occupied) return;
  for (int32_t i = seat.lane; i < count; i += geometry.lanes()) {
    const int32_t point = first + i;
    team.put(geometry.slot(seat.item, i), tap_at(points, counts.shape, seat, counts.all(), counts.points(),
                                                 point / counts.points(), point, softmax));
  }
}

}  // namespace focus::ops::cuda
