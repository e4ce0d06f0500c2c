// Sampling points for W float lanes.
#pragma once

#include "ops/lanes.h"
#include "ops/point_placement_kernel.h"

namespace focus::ops::kernel {
namespace {

template <int W>
void place_points(const Placement& in, int64_t begin, int64_t end, float* scratch, float* locations,
                  float* weights) {
  const int64_t points = in.levels * in.points, coordinates = 2 * points;
  float *base = scratch, *scale = scratch + coordinates;
  for (int64_t row = begin; row < end; ++row) {
    const float* reference = in.references + row * in.levels * (in.boxes ? 4 : 2);
    for (int64_t k = 0; k < points; ++k) {
      const int64_t level = k / in.points;
      for (int64_t axis = 0; axis < 2; ++axis) {
        const int64_t at = 2 * k + axis;
        if (in.boxes) {
          base[at] = reference[4 * level + axis];
          // Half a box's width away is the box's edge; the points share that distance.
          scale[at] = reference[4 * level + 2 + axis] * 0.5f / static_cast<float>(in.points);
        } else {
          base[at] = reference[2 * level + axis];
          scale[at] = 1 / static_cast<float>((axis == 0 ? in.level_width : in.level_height)[level]);
        }
      }
    }
    const float* offsets = in.raw + row * in.heads * points * 3;
    const float* logits = offsets + in.heads * coordinates;
    for (int64_t head = 0; head < in.heads; ++head) {
      for (int64_t i = 0; i < coordinates; i += W) {
        const int64_t n = coordinates - i;
        const auto at = [&](const float* from) { return load_first<F<W>>(from + i, n); };
        store_first(locations + i, at(base) + at(offsets) * at(scale), n);
      }
      softmax<W>(logits, weights, points);
      offsets += coordinates;
      logits += points;
      locations += coordinates;
      weights += points;
    }
  }
}

}  // namespace
}  // namespace focus::ops::kernel
