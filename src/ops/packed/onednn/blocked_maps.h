// Feature maps in blocks of channels, or quantised: what only oneDNN reads.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

namespace focus::ops::onednn {

/// See ops/packed_convolution.h; of any form but (B, C, H, W) float32 channels-last.
at::Tensor unblock(const at::Tensor& features, int64_t channels);

/// See ops/packed_convolution.h; of blocked maps.
at::Tensor max_pool(const at::Tensor& features, int64_t kernel, int64_t stride, int64_t padding);

}  // namespace focus::ops::onednn
