// The CUDA kernels for rows of tokens, for LibTorch's tensors; compiled only where LibTorch has CUDA.
#pragma once

#include <ATen/ATen.h>

namespace focus::ops {

/// take_rows for float32, Half or BFloat16 on a GPU. An index out of range gives a row of NaN, because
/// reporting an error would need a synchronisation.
at::Tensor take_rows_cuda(const at::Tensor& x, const at::Tensor& indices);

/// put_normed_rows_ on a GPU. An index out of range writes nothing.
void put_normed_rows_cuda_(at::Tensor& x, const at::Tensor& indices, const at::Tensor& rows,
                           const at::Tensor& weight, const at::Tensor& bias, double epsilon);

}  // namespace focus::ops
