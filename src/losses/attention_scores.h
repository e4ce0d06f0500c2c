// The targets of Sparse DETR's scorer: which tokens the decoder attends to most (Sparse DETR, section 3.2).
#pragma once

#include <ATen/ATen.h>

#include "nn/detector_output.h"

namespace focus::losses {

/// The tokens to be kept: of each image, as many of the highest attention as it is to keep.
///   attention  (B, tokens);  counts  (B) int64, more than there are tokens means all.
///   returns    (B, tokens) bool.
at::Tensor attention_targets(const at::Tensor& attention, const at::Tensor& counts);

/// Binary cross-entropy of the scores against these tokens, averaged over all tokens (equation 2).
at::Tensor attention_loss(const nn::AttentionScores& scores);

}  // namespace focus::losses
