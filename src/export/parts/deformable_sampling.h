// Bilinear samples of a feature pyramid, weighted and summed: the part of deformable attention that is no
// projection.
#pragma once

#include <vector>

#include "export/parts/deformable.h"

namespace focus::exporter {

struct Sampling {
  Value values;       ///< (B, S, width)
  Value locations;    ///< (B, Q, heads, L, points, 2)
  Value weights;      ///< (B, Q, heads, L * points)
  int64_t width = 0;  ///< heads * width of a head
};

/// ops::ms_deform_attn: (B, Q, width). Bilinear, zeros outside, a token's centre at half its size.
Value sample_levels(const Sampling& sampling, const DeformableShape& shape, const std::vector<Level>& levels);

}  // namespace focus::exporter
