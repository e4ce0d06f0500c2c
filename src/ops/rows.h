#pragma once

#include <ATen/ATen.h>

namespace focus::ops {

/// Rows of `x` (B, S, C) at `indices` (B, n), whole rows at a time; float32 on the CPU, no gradient.
at::Tensor take_rows(const at::Tensor& x, const at::Tensor& indices);

/// Replaces the rows of contiguous `x` (B, S, C) at `indices` (B, n), distinct in a sequence, by `rows` (B,
/// n, C).
void put_rows_(at::Tensor& x, const at::Tensor& indices, const at::Tensor& rows);

/// Adds `rows` (B, n, C) to the rows of contiguous `x` (B, S, C) at `indices` (B, n), which may repeat: the
/// sums do not depend on the number of threads.
void add_rows_(at::Tensor& x, const at::Tensor& indices, const at::Tensor& rows);

/// Sets the rows of contiguous `x` (B, S, C) at `indices` (B, n) to zero.
void clear_rows_(at::Tensor& x, const at::Tensor& indices);

}  // namespace focus::ops
