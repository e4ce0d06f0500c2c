// From the raw output of a layer's linear projection to sampling points, and the gradients back: raw
// pointers, one function per instruction set (ops/cpu/kernel_table.h).
#pragma once

#include <cstdint>

namespace focus::ops::kernel {

struct Placement {
  int64_t heads, levels, points;  ///< points: per level.
  const float* raw;  ///< (rows, heads * levels * points * 3): all offsets (x, y), then all weights' logits.
  const float* references;  ///< (rows, levels, 2) points, or (rows, levels, 4) boxes; 0..1.
  bool boxes;
  const int32_t* level_height;  ///< (levels)
  const int32_t* level_width;   ///< (levels)
};

/// Rows begin .. end - 1: locations (end - begin, heads, levels * points, 2) in 0..1 and weights
/// (end - begin, heads, levels * points), which add up to 1 per head (Deformable DETR, equation 3).
/// `scratch` has room for 4 * levels * points floats.
using Place = void(const Placement& in, int64_t begin, int64_t end, float* scratch, float* locations,
                   float* weights);

/// Gradients of what `place` wrote, all (rows, heads, levels * points ...), and the weights it wrote.
struct PlacementGradient {
  const float* weights;
  const float* grad_locations;
  const float* grad_weights;
  float* grad_raw;  ///< As Placement::raw, written.
};

/// Gradients of rows begin .. end - 1; scratch as above.
using PlaceGradient = void(const Placement& in, const PlacementGradient& grad, int64_t begin, int64_t end,
                           float* scratch);

}  // namespace focus::ops::kernel
