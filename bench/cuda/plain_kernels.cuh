// Deformable attention as one would write it first: a thread for each channel of the output, nothing shared,
// gradients all by atomics. What the kernels are measured against.
#pragma once

#include <cuda_runtime_api.h>

#include "ops/deform_attn/cuda/gradient_sums.h"
#include "ops/deform_attn/cuda/ms_deform_attn_tap.h"

namespace focus::bench {

inline constexpr int kPlainThreads = 256;

/// Calls visit(point, level, tap) for all points of the head that channel `i` of all outputs belongs to.
template <typename Visit>
__device__ void each_point(const ops::cuda::Shape& shape, const ops::cuda::GivenPoints<float>& points,
                           int64_t i, Visit visit) {
  const int64_t item = i / shape.channels, count = int64_t{shape.levels} * shape.points;
  for (int64_t k = 0; k < count; ++k) {
    const int64_t at = item * count + k;
    const auto level = static_cast<int32_t>(k / shape.points);
    visit(at, level,
          ops::cuda::tap_of(shape, level, points.locations[2 * at], points.locations[2 * at + 1],
                            points.weights[at]));
  }
}

/// Where the first token's value of the channel `i` of all outputs is.
__device__ inline int64_t first_value(const ops::cuda::Shape& shape, int64_t i) {
  const int64_t batch = i / (shape.queries * shape.stride());
  return batch * shape.tokens * shape.stride() + i % shape.stride();
}

template <typename T>
__global__ void plain_forward_kernel(const __grid_constant__ ops::cuda::Shape shape,
                                     ops::cuda::GivenPoints<float> points, const T* value, T* output) {
  const int64_t i = static_cast<int64_t>(blockIdx.x) * kPlainThreads + threadIdx.x;
  if (i >= shape.batch * shape.queries * shape.stride()) return;
  float sum = 0;
  each_point(shape, points, i, [&](int64_t, int32_t level, const auto& tap) {
    for (int corner = 0; corner < 4; ++corner) {
      if (!ops::cuda::has_corner(tap, corner)) continue;
      const int64_t token = ops::cuda::token_of(tap, corner, shape.width[level]);
      sum += ops::cuda::share_of(tap, corner) *
             ops::cuda::widen(value[first_value(shape, i) + token * shape.stride()]);
    }
  });
  ops::cuda::narrow(sum, output[i]);
}

template <typename T>
__global__ void plain_backward_kernel(const __grid_constant__ ops::cuda::Shape shape,
                                      ops::cuda::GivenPoints<float> points, const T* value,
                                      ops::cuda::Gradients<T> grad) {
  const int64_t i = static_cast<int64_t>(blockIdx.x) * kPlainThreads + threadIdx.x;
  if (i >= shape.batch * shape.queries * shape.stride()) return;
  const float upstream = ops::cuda::widen(grad.output[i]);
  each_point(shape, points, i, [&](int64_t at, int32_t level, const auto& tap) {
    float dot[4] = {0, 0, 0, 0};
    for (int corner = 0; corner < 4; ++corner) {
      if (!ops::cuda::has_corner(tap, corner)) continue;
      const int64_t where =
          first_value(shape, i) + ops::cuda::token_of(tap, corner, shape.width[level]) * shape.stride();
      dot[corner] = upstream * ops::cuda::widen(value[where]);
      atomicAdd(grad.value + where, ops::cuda::share_of(tap, corner) * upstream);
    }
    const auto gradient = ops::cuda::gradient_of(tap, dot, shape.width[level], shape.height[level]);
    atomicAdd(grad.locations + 2 * at, gradient.x);
    atomicAdd(grad.locations + 2 * at + 1, gradient.y);
    atomicAdd(grad.weights + at, gradient.weight);
  });
}

inline uint32_t plain_blocks(const ops::cuda::Shape& shape) {
  return static_cast<uint32_t>((shape.batch * shape.queries * shape.stride() + kPlainThreads - 1) /
                               kPlainThreads);
}

template <typename T>
cudaError_t plain_forward(const ops::cuda::Shape& shape, const ops::cuda::GivenPoints<float>& points,
                          const T* value, T* output) {
  plain_forward_kernel<<<plain_blocks(shape), kPlainThreads>>>(shape, points, value, output);
  return cudaGetLastError();
}

template <typename T>
cudaError_t plain_backward(const ops::cuda::Shape& shape, const ops::cuda::GivenPoints<float>& points,
                           const T* value, const ops::cuda::Gradients<T>& grad) {
  plain_backward_kernel<<<plain_blocks(shape), kPlainThreads>>>(shape, points, value, grad);
  return cudaGetLastError();
}

}  // namespace focus::bench
