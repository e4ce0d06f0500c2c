// The CUDA kernels of multi-scale deformable attention on raw pointers and a stream, without LibTorch.
// Semantics as in ms_deform_attn.h, shapes in ms_deform_attn_call.h.
#pragma once

#include <cuda_runtime_api.h>

#include "ops/deform_attn/cuda/ms_deform_attn_call.h"

namespace focus::ops::cuda {

// T is float, double, Bf16 or Fp16; the tensors beside the values are Real<T>: float, or double with double.
// All return at once; kernels run on `stream`. They return cudaGetLastError of the launch,
// cudaErrorInvalidValue for more than kMaxLevels levels or kMaxTokens tokens, or
// cudaErrorInvalidConfiguration if a call needs 2^31 blocks or more.

/// Writes output (B, Q, H, D).
template <typename T>
cudaError_t forward(const Shape& shape, const GivenPoints<Real<T>>& points, const T* value, T* output,
                    cudaStream_t stream);

/// The same from the raw output of the layer's linear projection. Not for double.
template <typename T>
cudaError_t forward_raw(const Shape& shape, const RawPoints& points, const T* value, T* output,
                        cudaStream_t stream);

/// Adds to grad.value, which the caller has set to zero, and writes the others. The last digits of grad.value
/// depend on the order in which threads add.
template <typename T>
cudaError_t backward(const Shape& shape, const GivenPoints<Real<T>>& points, const T* value,
                     const Gradients<T>& grad, cudaStream_t stream);

/// The same from the raw output of the layer's linear projection, with its gradient. Not for double.
template <typename T>
cudaError_t backward_raw(const Shape& shape, const RawPoints& points, const T* value,
                         const RawGradients<T>& grad, cudaStream_t stream);

/// `backward` with bit-identical results in every run: the gradients of values are summed as 64-bit integers.
/// Slower (docs/gpu.md). A term that is not finite makes all of grad.value of that head and image NaN.
/// @param sums    B * S * H * D integers, set to zero
/// @param bounds  B * H integers, set to zero
template <typename T>
cudaError_t backward_deterministic(const Shape& shape, const GivenPoints<Real<T>>& points, const T* value,
                                   const Gradients<T>& grad, int64_t* sums, uint64_t* bounds,
                                   cudaStream_t stream);

}  // namespace focus::ops::cuda
