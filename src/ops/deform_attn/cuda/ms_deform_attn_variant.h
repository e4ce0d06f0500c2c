// Which of the kernels' variants a call runs.
#pragma once

#include "ops/deform_attn/cuda/ms_deform_attn_geometry.h"

namespace focus::ops::cuda {

/// Channels a thread moves at once; levels and points per level if the compiler knows them, or 0.
template <int kWidth, int kLevels, int kPoints>
struct Variant {
  static constexpr int width = kWidth, levels = kLevels, points = kPoints;
};

/// Returns run(Variant) for the fastest variant that fits: sixteen bytes at once if rows of channels begin at
/// multiples of that, as far as `pointers` (null: none) do; four levels of four points, as in all published
/// detectors.
/// @param point_bytes  as geometry_of
template <typename T, typename Run>
auto with_variant(const Shape& shape, const void* const (&pointers)[3], int64_t point_bytes, Run run) {
  const bool aligned = rows_are_aligned<T>(shape.channels, pointers);
  if constexpr (sizeof(T) != sizeof(double)) {  // Only tests use double: one kernel is enough.
    constexpr int kWidth = kVectorWidth<T>;
    const bool fits = geometry_of(shape, kWidth, point_bytes, true).points_at_once == 16;
    if (aligned && fits && shape.levels == 4 && shape.points == 4) return run(Variant<kWidth, 4, 4>{});
    if (aligned) return run(Variant<kWidth, 0, 0>{});
  }
  return run(Variant<1, 0, 0>{});
}

}  // namespace focus::ops::cuda
