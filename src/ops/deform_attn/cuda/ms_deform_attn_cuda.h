// The CUDA kernels of multi-scale deformable attention for LibTorch tensors; only where LibTorch has CUDA.
#pragma once

#include <ATen/ATen.h>

#include <utility>

#include "ops/deform_attn/ms_deform_attn_check.h"

namespace focus::ops {

/// ms_deform_attn_raw (its header has the shapes) of checked tensors on one GPU; `value` may also be Half or
/// BFloat16.
at::Tensor ms_deform_attn_raw_cuda(const MsDeformAttnSizes& sizes, const at::Tensor& value,
                                   const at::Tensor& raw, const at::Tensor& reference_points);

/// Gradients of value, in its type, and of raw, given that of the output.
std::pair<at::Tensor, at::Tensor> ms_deform_attn_raw_backward_cuda(const MsDeformAttnSizes& sizes,
                                                                   const at::Tensor& value,
                                                                   const at::Tensor& raw,
                                                                   const at::Tensor& reference_points,
                                                                   const at::Tensor& grad_output);

}  // namespace focus::ops
