#include "ops/cuda/launch.cuh"
#include "ops/cuda/team.cuh"
#include "ops/deform_attn/cuda/ms_deform_attn_backward.h"
#include "ops/deform_attn/cuda/ms_deform_attn_bounds.h"
#include "ops/deform_attn/cuda/ms_deform_attn_launch.h"
#include "ops/deform_attn/cuda/ms_deform_attn_variant.h"

namespace focus::ops::cuda {
namespace {

constexpr int32_t kFinishThreads = 256;
/// Least number of blocks per multiprocessor: leaves 128 registers per thread.
constexpr int32_t kBackwardBlocks = 4;

template <typename T, typename Variant, typename Points, typename Grad, typename Sums>
__global__ void __launch_bounds__(kThreads, kBackwardBlocks)
    backward_kernel(const __grid_constant__ Shape shape, const __grid_constant__ Geometry geometry,
                    Points points, const T* __restrict__ value, Grad grad, Sums sums) {
  extern __shared__ uint4 shared[];
  DeviceTeam<BackwardThread<T, Variant::width>, Tap<Real<T>>> team(shared);
  backward_block<T, Variant::width, Variant::levels, Variant::points>(team, shape, geometry, points, value,
                                                                      grad, sums);
}

template <typename T>
__global__ void __launch_bounds__(kThreads)
    bound_kernel(const __grid_constant__ Shape shape, const __grid_constant__ Geometry geometry,
                 GivenPoints<Real<T>> points, const T* __restrict__ upstream, uint64_t* bounds) {
  DeviceTeam<BoundThread, Tap<Real<T>>> team(nullptr);
  bound_block(team, shape, geometry, points, upstream, bounds);
}

template <typename R>
__global__ void __launch_bounds__(kFinishThreads)
    finish_kernel(const __grid_constant__ Shape shape, ExactSums<R> sums, int64_t count,
                  R* __restrict__ grad_value) {
  const int64_t i = static_cast<int64_t>(blockIdx.x) * kFinishThreads + threadIdx.x;
  if (i < count) finish_sum(shape, sums, i, grad_value);
}

template <typename T, typename Points, typename Grad, typename Sums>
cudaError_t launch_backward(const Shape& shape, const Points& points, const T* value, const Grad& grad,
                            const Sums& sums, cudaStream_t stream) {
  constexpr int64_t kTapBytes = sizeof(Tap<Real<T>>);
  if (!is_supported(shape)) return cudaErrorInvalidValue;
  return with_variant<T>(shape, {value, grad.output, grad.value}, kTapBytes, [&]<typename V>(V) {
    const Geometry geometry = geometry_of(shape, V::width, kTapBytes, false);
    return launch_blocks(geometry.blocks, [&](uint32_t blocks) {
      backward_kernel<T, V>
          <<<blocks, kThreads, geometry.shared_bytes, stream>>>(shape, geometry, points, value, grad, sums);
    });
  });
}

}  // namespace

template <typename T>
cudaError_t backward(const Shape& shape, const GivenPoints<Real<T>>& points, const T* value,
                     const Gradients<T>& grad, cudaStream_t stream) {
  return launch_backward(shape, points, value, grad, AtomicSums<Real<T>>{grad.value}, stream);
}

template <typename T>
cudaError_t backward_raw(const Shape& shape, const RawPoints& points, const T* value,
                         const RawGradients<T>& grad, cudaStream_t stream) {
  return launch_backward(shape, points, value, grad, AtomicSums<Real<T>>{grad.value}, stream);
}

template <typename T>
cudaError_t backward_deterministic(const Shape& shape, const GivenPoints<Real<T>>& points, const T* value,
                                   const Gradients<T>& grad, int64_t* sums, uint64_t* bounds,
                                   cudaStream_t stream) {
  const ExactSums<Real<T>> exact{sums, bounds, term_bits_of(shape)};
  const Geometry geometry = geometry_of(shape, 1, sizeof(Tap<Real<T>>), false);
  cudaError_t error = launch_blocks(geometry.blocks, [&](uint32_t blocks) {
    bound_kernel<T><<<blocks, kThreads, 0, stream>>>(shape, geometry, points, grad.output, bounds);
  });
  if (error == cudaSuccess) error = launch_backward(shape, points, value, grad, exact, stream);
  if (error != cudaSuccess) return error;
  const int64_t count = shape.batch * shape.tokens * shape.stride();
  return launch_blocks((count + kFinishThreads - 1) / kFinishThreads, [&](uint32_t blocks) {
    finish_kernel<<<blocks, kFinishThreads, 0, stream>>>(shape, exact, count, grad.value);
  });
}

#define FOCUS_INSTANTIATE(T)                                                                              \
  template cudaError_t backward(const Shape&, const GivenPoints<Real<T>>&, const T*, const Gradients<T>&, \
                                cudaStream_t);                                                            \
  template cudaError_t backward_deterministic(const Shape&, const GivenPoints<Real<T>>&, const T*,        \
                                              const Gradients<T>&, int64_t*, uint64_t*, cudaStream_t)
FOCUS_INSTANTIATE(float);
FOCUS_INSTANTIATE(double);
FOCUS_INSTANTIATE(Bf16);
FOCUS_INSTANTIATE(Fp16);
#undef FOCUS_INSTANTIATE

template cudaError_t backward_raw(const Shape&, const RawPoints&, const float*, const RawGradients<float>&,
                                  cudaStream_t);
template cudaError_t backward_raw(const Shape&, const RawPoints&, const Bf16*, const RawGradients<Bf16>&,
                                  cudaStream_t);
template cudaError_t backward_raw(const Shape&, const RawPoints&, const Fp16*, const RawGradients<Fp16>&,
                                  cudaStream_t);

}  // namespace focus::ops::cuda
