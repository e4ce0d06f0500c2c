// Feature maps in blocks of channels, or quantised, which only oneDNN reads.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

namespace focus::ops::onednn {

/// See ops/packed/packed_convolution.h; for any form except (B, C, H, W) float32.
at::Tensor unblock(const at::Tensor& features, int64_t channels);

/// See ops/packed/packed_convolution.h; for blocked maps.
at::Tensor max_pool(const at::Tensor& features, int64_t kernel, int64_t stride, int64_t padding);

}  // namespace focus::ops::onednn
