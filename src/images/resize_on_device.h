// The resize of resize.h on another device than the CPU.
#pragma once

#include <ATen/ATen.h>

#include "nn/batch.h"

namespace focus::images {

/// (H, W, 3) bytes on any device -> (height, width, 3) int32 from 0 to 255 there: bit-identical to
/// resize_antialiased, since the sums are of integers.
at::Tensor resize_on_device(const at::Tensor& pixels, nn::ImageSize size);

}  // namespace focus::images
