// Feature maps split into patches, as nodes.
#pragma once

#include "export/parts/layers.h"

namespace focus::exporter {

/// How much must be added to `size` to reach a multiple: (1) int64.
Value missing_to(const Value& size, int64_t multiple);

/// models::PatchConvolution: (B, in, H, W) -> (B, out, ceil(H / patch), ceil(W / patch)).
Value patch_convolution(const Part& part, const Value& x);

}  // namespace focus::exporter
