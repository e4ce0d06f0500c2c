// Boxes as tensors: conversions, overlap, and the logits that a decoder refines. All are differentiable and
// run on any device.
#pragma once

#include <ATen/ATen.h>

namespace focus::nn {

/// (..., 4) centre x, centre y, width, height -> (..., 4) left, top, right, bottom, in the same unit.
at::Tensor cxcywh_to_xyxy(const at::Tensor& boxes);

/// (..., 4) left, top, right, bottom -> (..., 4) centre x, centre y, width, height, in the same unit.
at::Tensor xyxy_to_cxcywh(const at::Tensor& boxes);

/// Generalised IoU (Rezatofighi et al. 2019) of every box of `a` (N, 4) with every box of `b` (M, 4), both
/// xyxy: (N, M) in -1..1. Union and hull have 1e-6 added. Expects right >= left and bottom >= top.
at::Tensor pairwise_giou(const at::Tensor& a, const at::Tensor& b);

/// Generalised IoU of box i of `a` with box i of `b`, both (N, 4) xyxy: (N).
at::Tensor elementwise_giou(const at::Tensor& a, const at::Tensor& b);

/// Logit of x after clamping x to 0..1 and both x and 1 - x to at least eps.
at::Tensor inverse_sigmoid(const at::Tensor& x, double eps = 1e-3);

}  // namespace focus::nn
