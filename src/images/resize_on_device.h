// The resize of resize.h on another device than the CPU.
#pragma once

#include <ATen/ATen.h>

#include "nn/batch.h"

namespace focus::images {

/// (H, W, 3) bytes on any device -> (height, width, 3) int32 from 0 to 255 there: to the bit what
/// resize_antialiased gives, since sums are of integers.
at::Tensor resize_on_device(const at::Tensor& pixels, nn::ImageSize size);

}  // namespace focus::images
