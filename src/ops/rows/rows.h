#pragma once

#include <ATen/ATen.h>

namespace focus::ops {

/// Whether take_rows and put_normed_rows_ have a kernel for rows of x: float32 on the CPU; on a GPU, where
/// LibTorch has CUDA, numbers of sixteen bits, too.
bool has_row_kernels(const at::Tensor& x);

/// Rows of `x` (B, S, C) at `indices` (B, n), whole rows at a time, no gradient. For where has_row_kernels.
at::Tensor take_rows(const at::Tensor& x, const at::Tensor& indices);

/// Normalises the last dimension of `rows` (B, n, C), of x's type, scales it by `weight` (C), shifts it by
/// `bias` (C), and replaces the rows of contiguous `x` (B, S, C) at `indices` (B, n), distinct in a sequence,
/// by the result; no gradient. For where has_row_kernels.
void put_normed_rows_(at::Tensor& x, const at::Tensor& indices, const at::Tensor& rows,
                      const at::Tensor& weight, const at::Tensor& bias, double epsilon);

/// Replaces the rows of contiguous `x` (B, S, C) at `indices` (B, n), distinct in a sequence, by `rows` (B,
/// n, C); this and what follows: float32 on the CPU.
void put_rows_(at::Tensor& x, const at::Tensor& indices, const at::Tensor& rows);

/// Adds `rows` (B, n, C) to the rows of contiguous `x` (B, S, C) at `indices` (B, n), which may repeat: the
/// sums do not depend on the number of threads.
void add_rows_(at::Tensor& x, const at::Tensor& indices, const at::Tensor& rows);

/// Sets the rows of contiguous `x` (B, S, C) at `indices` (B, n) to zero.
void clear_rows_(at::Tensor& x, const at::Tensor& indices);

}  // namespace focus::ops
