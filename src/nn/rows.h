// Gathers and replaces rows of a batch of sequences.
#pragma once

#include <ATen/ATen.h>

#include "nn/layers.h"

namespace focus::nn {

/// Rows of `x` (B, S, C) at `indices` (B, n): (B, n, C).
at::Tensor gather_rows(const at::Tensor& x, const at::Tensor& indices);

/// `x` (B, S, C) with its rows at `indices` (B, n) replaced by `rows` (B, n, C). Indices of a sequence are
/// distinct. With gradients disabled, x itself may be overwritten, so pass a tensor that nobody else reads.
at::Tensor replace_rows(at::Tensor x, const at::Tensor& indices, const at::Tensor& rows);

/// The same with `rows` normalised by `norm` first; with gradients disabled, a single kernel on a GPU.
at::Tensor replace_normed_rows(at::Tensor x, const at::Tensor& indices, const at::Tensor& rows,
                               const LayerNorm& norm);

}  // namespace focus::nn
