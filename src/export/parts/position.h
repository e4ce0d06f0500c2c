// Sine position encodings (nn/position_embedding.h) and box arithmetic (nn/box_ops.h) as nodes.
#pragma once

#include "export/graph/operators.h"
#include "nn/position_embedding.h"

namespace focus::exporter {

/// nn::sine_position_embedding of a padding mask (B, h, w) bool, as tokens: (B, h * w, width).
Value sine_positions(const Value& mask, const nn::SineEncoding& encoding);

/// Which coordinate of a box comes first in its encoding.
enum class BoxOrder { kYFirst, kXFirst };
/// nn::sine_box_embedding of boxes (B, Q, 4): (B, Q, 4 * width).
Value sine_boxes(const Value& boxes, int64_t width, BoxOrder order = BoxOrder::kYFirst);

/// nn::inverse_sigmoid.
Value inverse_sigmoid(const Value& x, double eps);

}  // namespace focus::exporter
