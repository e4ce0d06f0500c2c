#pragma once

#include <ATen/ATen.h>

namespace focus::ops {

/// Group normalisation for inference, float32 on the CPU, of feature maps in any layout
/// (packed_convolution.h); the result is (B, C, H, W) in channels-last memory.
/// @param weight, bias (C)
at::Tensor group_norm_channels_last(const at::Tensor& features, int64_t groups, const at::Tensor& weight,
                                    const at::Tensor& bias, double eps);

}  // namespace focus::ops
