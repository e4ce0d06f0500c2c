// Rows of a batch of sequences, taken out and put back.
#pragma once

#include <ATen/ATen.h>

#include "nn/layers.h"

namespace focus::nn {

/// Rows of `x` (B, S, C) at `indices` (B, n): (B, n, C).
at::Tensor gather_rows(const at::Tensor& x, const at::Tensor& indices);

/// `x` (B, S, C) with its rows at `indices` (B, n) replaced by `rows` (B, n, C). Indices of a sequence are
/// distinct. Where no gradient is wanted, x itself is overwritten: hand over a
/// tensor nobody else reads.
at::Tensor replace_rows(at::Tensor x, const at::Tensor& indices, const at::Tensor& rows);

/// The same with `rows` normalised by `norm` first: one kernel on a GPU where no gradient is wanted.
at::Tensor replace_normed_rows(at::Tensor x, const at::Tensor& indices, const at::Tensor& rows,
                               const LayerNorm& norm);

}  // namespace focus::nn
