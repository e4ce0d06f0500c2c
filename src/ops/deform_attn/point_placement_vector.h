// Sampling points for W float lanes.
#pragma once

#include "ops/cpu/lanes.h"
#include "ops/deform_attn/point_placement_kernel.h"

namespace focus::ops::kernel {
namespace {

/// For one row: where each point is without its offset, and the length of an offset of 1; (x, y) per point.
inline void points_without_offsets(const Placement& in, int64_t row, float* base, float* unit) {
  const float* reference = in.references + row * in.levels * (in.boxes ? 4 : 2);
  for (int64_t k = 0; k < in.levels * in.points; ++k) {
    const int64_t level = k / in.points;
    for (int64_t axis = 0; axis < 2; ++axis) {
      const int64_t at = 2 * k + axis;
      if (in.boxes) {
        base[at] = reference[4 * level + axis];
        // The points of a level divide half the box's size, from its centre to its edge.
        unit[at] = reference[4 * level + 2 + axis] * 0.5f / static_cast<float>(in.points);
      } else {
        base[at] = reference[2 * level + axis];
        unit[at] = 1 / static_cast<float>((axis == 0 ? in.level_width : in.level_height)[level]);
      }
    }
  }
}

template <int W>
void place_points(const Placement& in, int64_t begin, int64_t end, float* scratch, float* locations,
                  float* weights) {
  const int64_t points = in.levels * in.points, coordinates = 2 * points;
  float *base = scratch, *unit = scratch + coordinates;
  for (int64_t row = begin; row < end; ++row) {
    points_without_offsets(in, row, base, unit);
    const float* offsets = in.raw + row * in.heads * points * 3;
    const float* logits = offsets + in.heads * coordinates;
    for (int64_t head = 0; head < in.heads; ++head) {
      for (int64_t i = 0; i < coordinates; i += W) {
        const int64_t n = coordinates - i;
        const auto at = [&](const float* from) { return load_first<F<W>>(from + i, n); };
        store_first(locations + i, at(base) + at(offsets) * at(unit), n);
      }
      softmax<W>(logits, weights, points);
      offsets += coordinates;
      logits += points;
      locations += coordinates;
      weights += points;
    }
  }
}

/// Backward through the softmax: a logit's gradient is its weight times (the weight's gradient - their
/// weighted mean).
template <int W>
void softmax_backward(const float* weights, const float* grad_weights, float* grad_logits, int64_t n) {
  F<W> products{};
  for (int64_t i = 0; i < n; i += W) {
    products += load_first<F<W>>(weights + i, n - i) * load_first<F<W>>(grad_weights + i, n - i);
  }
  const float mean = sum<W>(products);
  for (int64_t i = 0; i < n; i += W) {
    const auto above = load_first<F<W>>(grad_weights + i, n - i) - mean;
    store_first(grad_logits + i, load_first<F<W>>(weights + i, n - i) * above, n - i);
  }
}

template <int W>
void place_points_gradient(const Placement& in, const PlacementGradient& grad, int64_t begin, int64_t end,
                           float* scratch) {
  const int64_t points = in.levels * in.points, coordinates = 2 * points;
  float *base = scratch, *unit = scratch + coordinates;
  for (int64_t row = begin; row < end; ++row) {
    points_without_offsets(in, row, base, unit);
    float* grad_offsets = grad.grad_raw + row * in.heads * points * 3;
    float* grad_logits = grad_offsets + in.heads * coordinates;
    for (int64_t head = 0; head < in.heads; ++head) {
      const int64_t first = (row * in.heads + head) * points;
      for (int64_t i = 0; i < coordinates; i += W) {
        const int64_t n = coordinates - i;
        store_first(grad_offsets + i,
                    load_first<F<W>>(grad.grad_locations + 2 * first + i, n) * load_first<F<W>>(unit + i, n),
                    n);
      }
      softmax_backward<W>(grad.weights + first, grad.grad_weights + first, grad_logits, points);
      grad_offsets += coordinates;
      grad_logits += points;
    }
  }
}

}  // namespace
}  // namespace focus::ops::kernel
