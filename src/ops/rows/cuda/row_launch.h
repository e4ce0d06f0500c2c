// The CUDA kernels for rows of tokens, without LibTorch. T is float, Bf16 or Fp16; indices are int64 on the
// device. Calls are asynchronous and return the launch's error.
#pragma once

#include <cuda_runtime_api.h>

#include "ops/cuda/numbers.h"
#include "ops/rows/cuda/row_call.h"

namespace focus::ops::cuda {

/// rows.to (B, n, C) = the rows of rows.from (B, S, C) at index (B, n), for one or two tensors at once, such
/// as a layer's queries and their positions. An index out of range gives a row of NaN.
template <typename T>
cudaError_t take_rows(const RowShape& shape, const int64_t* index, const TakenRows<T>& rows,
                      cudaStream_t stream);

/// Layer normalisation of x + residual over channels, written to the rows of rows.to (B, S, C) at index (B,
/// n), distinct in a sequence; to all rows if index is null and n = S. An index out of range writes nothing.
template <typename T>
cudaError_t norm_rows(const RowShape& shape, const int64_t* index, const NormedRows<T>& rows,
                      cudaStream_t stream);

}  // namespace focus::ops::cuda
