// Weighted sums of bilinear samples of a feature pyramid: deformable attention without its projections.
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

/// ops::ms_deform_attn: (B, Q, width). Bilinear, zeros outside; the centre of a token is half a token from
/// its edge.
Value sample_levels(const Sampling& sampling, const DeformableShape& shape, const std::vector<Level>& levels);

}  // namespace focus::exporter
