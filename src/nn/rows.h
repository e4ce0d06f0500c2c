// Rows of a batch of sequences, taken out and put back.
#pragma once

#include <ATen/ATen.h>

namespace focus::nn {

/// Rows of `x` (B, S, C) at `indices` (B, n): (B, n, C).
inline at::Tensor gather_rows(const at::Tensor& x, const at::Tensor& indices) {
  return x.gather(1, indices.unsqueeze(-1).expand({-1, -1, x.size(2)}));
}

/// `x` (B, S, C) with its rows at `indices` (B, n) replaced by `rows` (B, n, C). Indices of a sequence are
/// distinct.
inline at::Tensor scatter_rows(const at::Tensor& x, const at::Tensor& indices, const at::Tensor& rows) {
  return x.scatter(1, indices.unsqueeze(-1).expand_as(rows), rows);
}

}  // namespace focus::nn
