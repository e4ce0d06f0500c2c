// From what a layer's linear puts out to where deformable attention samples: raw pointers, one function an
// instruction set (see ms_deform_attn_kernel.h).
#pragma once

#include <cstdint>

namespace focus::ops::kernel {

struct Placement {
  int64_t heads, levels, points;  ///< points: of one level.
  const float* raw;  ///< (rows, heads * levels * points * 3): all offsets (x, y), then all weights' logits.
  const float* references;  ///< (rows, levels, 2) points, or (rows, levels, 4) boxes; 0..1.
  bool boxes;
  const int32_t* level_height;  ///< (levels)
  const int32_t* level_width;   ///< (levels)
};

// Rows begin .. end - 1: locations (end - begin, heads, levels * points, 2) in 0..1 and weights
// (end - begin, heads, levels * points), which add up to 1 a head (Deformable DETR, equation 3).
// `scratch` has room for 4 * levels * points floats.
void place_avx2(const Placement& in, int64_t begin, int64_t end, float* scratch, float* locations,
                float* weights);
void place_avx512(const Placement& in, int64_t begin, int64_t end, float* scratch, float* locations,
                  float* weights);

}  // namespace focus::ops::kernel
