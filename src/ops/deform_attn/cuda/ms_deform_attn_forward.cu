#include "ops/cuda/launch.cuh"
#include "ops/cuda/team.cuh"
#include "ops/deform_attn/cuda/ms_deform_attn_forward.h"
#include "ops/deform_attn/cuda/ms_deform_attn_launch.h"
#include "ops/deform_attn/cuda/ms_deform_attn_variant.h"

namespace focus::ops::cuda {
namespace {

/// Least number of blocks per multiprocessor: four channels need 64 registers per thread, eight need 80.
template <typename T>
inline constexpr int32_t kForwardBlocks = sizeof(T) == 2 ? 6 : 8;

template <typename T, typename Variant, typename Points>
__global__ void __launch_bounds__(kThreads, kForwardBlocks<T>)
    forward_kernel(const __grid_constant__ Shape shape, const __grid_constant__ Geometry geometry,
                   Points points, const T* __restrict__ value, T* __restrict__ output) {
  extern __shared__ uint4 shared[];
  DeviceTeam<ForwardThread<T, Variant::width>, Tap<Real<T>>> team(shared);
  forward_block<T, Variant::width, Variant::levels, Variant::points>(team, shape, geometry, points, value,
                                                                     output);
}

template <typename T, typename Points>
cudaError_t launch_forward(const Shape& shape, const Points& points, const T* value, T* output,
                           cudaStream_t stream) {
  constexpr int64_t kTapBytes = sizeof(Tap<Real<T>>);
  if (!is_supported(shape)) return cudaErrorInvalidValue;
  return with_variant<T>(shape, {value, output, nullptr}, kTapBytes, [&]<typename V>(V) {
    const Geometry geometry = geometry_of(shape, V::width, kTapBytes, true);
    return launch_blocks(geometry.blocks, [&](uint32_t blocks) {
      forward_kernel<T, V>
          <<<blocks, kThreads, geometry.shared_bytes, stream>>>(shape, geometry, points, value, output);
    });
  });
}

}  // namespace

template <typename T>
cudaError_t forward(const Shape& shape, const GivenPoints<Real<T>>& points, const T* value, T* output,
                    cudaStream_t stream) {
  return launch_forward(shape, points, value, output, stream);
}

template <typename T>
cudaError_t forward_raw(const Shape& shape, const RawPoints& points, const T* value, T* output,
                        cudaStream_t stream) {
  return launch_forward(shape, points, value, output, stream);
}

template cudaError_t forward(const Shape&, const GivenPoints<float>&, const float*, float*, cudaStream_t);
template cudaError_t forward(const Shape&, const GivenPoints<double>&, const double*, double*, cudaStream_t);
template cudaError_t forward(const Shape&, const GivenPoints<float>&, const Bf16*, Bf16*, cudaStream_t);
template cudaError_t forward(const Shape&, const GivenPoints<float>&, const Fp16*, Fp16*, cudaStream_t);
template cudaError_t forward_raw(const Shape&, const RawPoints&, const float*, float*, cudaStream_t);
template cudaError_t forward_raw(const Shape&, const RawPoints&, const Bf16*, Bf16*, cudaStream_t);
template cudaError_t forward_raw(const Shape&, const RawPoints&, const Fp16*, Fp16*, cudaStream_t);

}  // namespace focus::ops::cuda
