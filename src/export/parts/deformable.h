// Multi-scale deformable attention as nodes, in one of three ways (GraphChoices::deformable).
#pragma once

#include <vector>

#include "export/parts/layers.h"

namespace focus::exporter {

/// One feature level in the sequence of tokens; each (1) int64.
struct Level {
  Value height, width, begin, end;
};

/// The dimensions of a deformable attention.
struct DeformableShape {
  int64_t heads = 0, levels = 0, points = 0;
};

/// nn::DeformableAttention, including the residual connection.
/// @param query, position   (B, Q, C)
/// @param memory            (B, S, C), sampled; tokens marked in `padding` (B, S) bool count as zero
/// @param reference_points  (B, Q, L, 2) points or (B, Q, L, 4) boxes
/// @param boxes             whether they are boxes
Value deformable_attention(const Part& part, const DeformableShape& shape, const Value& query,
                           const Value& position, const Value& memory, const Value& padding,
                           const Value& reference_points, bool boxes, const std::vector<Level>& levels);

}  // namespace focus::exporter
