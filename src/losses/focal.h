// Sigmoid focal loss (Lin et al. 2017, RetinaNet).
#pragma once

#include <ATen/ATen.h>

namespace focus::losses {

/// Sum over all elements of -alpha_t (1 - p_t)^gamma log(p_t), p = sigmoid(logits), p_t = p and alpha_t =
/// alpha where `positive`, else 1 - p and 1 - alpha. Finite for every finite logit.
///   logits    any shape, floating point.
///   positive  bool, the same shape and device.
///   sum_dims  dimensions to sum over; all when empty.
/// Differentiable in logits.
at::Tensor sigmoid_focal_loss(const at::Tensor& logits, const at::Tensor& positive, double alpha,
                              double gamma, at::IntArrayRef sum_dims = {});

}  // namespace focus::losses
