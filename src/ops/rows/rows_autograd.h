// Gathers and replaces whole rows, with gradients; float32 on the CPU.
#pragma once

#include <ATen/ATen.h>

namespace focus::ops {

/// Rows of `x` (B, S, C) at `indices` (B, n): (B, n, C). Gradients of rows gathered more than once are summed
/// in the same order in every run.
at::Tensor gathered_rows(const at::Tensor& x, const at::Tensor& indices);

/// A copy of `x` (B, S, C) whose rows at `indices` (B, n), distinct in a sequence, are `rows` (B, n, C).
at::Tensor replaced_rows(const at::Tensor& x, const at::Tensor& indices, const at::Tensor& rows);

}  // namespace focus::ops
