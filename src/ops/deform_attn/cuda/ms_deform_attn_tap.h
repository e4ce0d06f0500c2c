// One sampling point: the four tokens around it, and their weights. All bilinear arithmetic of the CUDA
// kernels is here.
#pragma once

#include <cmath>
#include <cstdint>

#include "ops/deform_attn/cuda/ms_deform_attn_call.h"

namespace focus::ops::cuda {

/// A point as stored in shared memory. Corners are numbered top left, top right, bottom left, bottom right.
template <typename R>
struct alignas(16) Tap {
  R x, y;  ///< Position between left and right, top and bottom, 0..1.
  R weight;
  uint32_t
      where;  ///< First token inside << 4 | which sides are inside; 0 sides: the point contributes nothing.
};

enum Side : uint32_t { kLeft = 1, kRight = 2, kTop = 4, kBottom = 8, kSides = 15 };

/// Locations that are outside or not finite have no side inside, and weight 0 whatever `weight` is.
template <typename R>
FOCUS_DEVICE Tap<R> tap_of(const Shape& shape, int32_t level, R location_x, R location_y, R weight) {
  const int32_t width = shape.width[level], height = shape.height[level];
  const R x = location_x * static_cast<R>(width) - static_cast<R>(0.5);
  const R y = location_y * static_cast<R>(height) - static_cast<R>(0.5);
  // The condition is also false for NaN; after it the conversions to integers are safe.
  if (!(x > -1 && x < static_cast<R>(width) && y > -1 && y < static_cast<R>(height)))
    return Tap<R>{0, 0, 0, 0};
  const R floor_x = std::floor(x), floor_y = std::floor(y);
  const auto left = static_cast<int32_t>(floor_x), top = static_cast<int32_t>(floor_y);
  const uint32_t sides = (left >= 0 ? kLeft : 0u) | (left + 1 < width ? kRight : 0u) |
                         (top >= 0 ? kTop : 0u) | (top + 1 < height ? kBottom : 0u);
  const int32_t token = shape.start[level] + (top < 0 ? 0 : top) * width + (left < 0 ? 0 : left);
  return {x - floor_x, y - floor_y, weight, static_cast<uint32_t>(token) << 4 | sides};
}

template <typename R>
FOCUS_DEVICE bool is_inside(const Tap<R>& tap) {
  return (tap.where & kSides) != 0;
}

template <typename R>
FOCUS_DEVICE bool has_corner(const Tap<R>& tap, int corner) {
  return (tap.where & (corner & 1 ? kRight : kLeft)) != 0 && (tap.where & (corner & 2 ? kBottom : kTop)) != 0;
}

/// The token of a corner that is inside. If a side is outside, the opposite side is the first token's.
template <typename R>
FOCUS_DEVICE int64_t token_of(const Tap<R>& tap, int corner, int32_t level_width) {
  const bool across = (tap.where & (kLeft | kRight)) == (kLeft | kRight);
  const bool down = (tap.where & (kTop | kBottom)) == (kTop | kBottom);
  int64_t token = tap.where >> 4;
  if (corner & 1 && across) token += 1;
  if (corner & 2 && down) token += level_width;
  return token;
}

/// A corner's share times the point's weight; 0 for a corner outside.
template <typename R>
FOCUS_DEVICE R share_of(const Tap<R>& tap, int corner) {
  if (!has_corner(tap, corner)) return 0;
  return tap.weight * (corner & 2 ? tap.y : 1 - tap.y) * (corner & 1 ? tap.x : 1 - tap.x);
}

/// Derivatives with respect to location (x, y) and weight.
template <typename R>
struct TapGradient {
  R x, y, weight;
};

/// @param dot  the dot product of the upstream gradient and each corner's value; 0 for a corner outside
template <typename R>
FOCUS_DEVICE TapGradient<R> gradient_of(const Tap<R>& tap, const R (&dot)[4], int32_t level_width,
                                        int32_t level_height) {
  const R top = dot[0] + tap.x * (dot[1] - dot[0]), bottom = dot[2] + tap.x * (dot[3] - dot[2]);
  const R across = (dot[1] - dot[0]) * (1 - tap.y) + (dot[3] - dot[2]) * tap.y;
  return {tap.weight * static_cast<R>(level_width) * across,
          tap.weight * static_cast<R>(level_height) * (bottom - top), top + tap.y * (bottom - top)};
}

}  // namespace focus::ops::cuda
