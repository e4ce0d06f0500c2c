#pragma once

#include <ATen/ATen.h>

namespace focus::ops {

/// Whether take_rows and put_normed_rows_ support x: float32 on the CPU; on a GPU, if LibTorch has CUDA,
/// 16-bit floating point too.
bool has_row_kernels(const at::Tensor& x);

/// Rows of `x` (B, S, C) at `indices` (B, n), copied as whole rows, without gradient. Requires
/// has_row_kernels(x).
at::Tensor take_rows(const at::Tensor& x, const at::Tensor& indices);

/// Normalises the last dimension of `rows` (B, n, C), of x's type, scales it by `weight` (C), shifts it by
/// `bias` (C), and replaces the rows of contiguous `x` (B, S, C) at `indices` (B, n), distinct in a sequence,
/// by the result, without gradient. Requires has_row_kernels(x).
void put_normed_rows_(at::Tensor& x, const at::Tensor& indices, const at::Tensor& rows,
                      const at::Tensor& weight, const at::Tensor& bias, double epsilon);

/// Replaces the rows of contiguous `x` (B, S, C) at `indices` (B, n), distinct in a sequence, by `rows` (B,
/// n, C). This function and those below support only float32 on the CPU.
void put_rows_(at::Tensor& x, const at::Tensor& indices, const at::Tensor& rows);

/// Adds `rows` (B, n, C) to the rows of contiguous `x` (B, S, C) at `indices` (B, n), which may repeat. The
/// sums do not depend on the number of threads.
void add_rows_(at::Tensor& x, const at::Tensor& indices, const at::Tensor& rows);

/// Sets the rows of contiguous `x` (B, S, C) at `indices` (B, n) to zero.
void clear_rows_(at::Tensor& x, const at::Tensor& indices);

}  // namespace focus::ops
