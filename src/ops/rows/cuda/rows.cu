#include "ops/cuda/launch.cuh"
#include "ops/cuda/team.cuh"
#include "ops/rows/cuda/row_kernels.h"
#include "ops/rows/cuda/row_launch.h"

namespace focus::ops::cuda {
namespace {

using RowTeam = DeviceTeam<RowThread, float>;

template <typename T, int width>
__global__ void __launch_bounds__(kThreads)
    take_rows_kernel(RowShape shape, const int64_t* __restrict__ index, TakenRows<T> rows) {
  RowTeam team(nullptr);
  take_rows_block<T, width>(team, shape, index, rows);
}

template <typename T, int width>
__global__ void __launch_bounds__(kThreads)
    norm_rows_kernel(RowShape shape, const int64_t* __restrict__ index, NormedRows<T> rows) {
  RowTeam team(nullptr);
  norm_rows_block<T, width>(team, shape, index, rows);
}

int64_t blocks_of(const RowShape& shape) { return (shape.rows() + kRowsOfBlock - 1) / kRowsOfBlock; }

}  // namespace

template <typename T>
cudaError_t take_rows(const RowShape& shape, const int64_t* index, const TakenRows<T>& rows,
                      cudaStream_t stream) {
  const bool wide = rows_are_aligned<T>(shape.channels, {rows.from[0], rows.from[1], rows.to[0], rows.to[1]});
  return launch_blocks(blocks_of(shape), [&](uint32_t blocks) {
    const auto kernel = wide ? take_rows_kernel<T, kVectorWidth<T>> : take_rows_kernel<T, 1>;
    kernel<<<blocks, kThreads, 0, stream>>>(shape, index, rows);
  });
}

template <typename T>
cudaError_t norm_rows(const RowShape& shape, const int64_t* index, const NormedRows<T>& rows,
                      cudaStream_t stream) {
  const bool wide = rows_are_aligned<T>(shape.channels, {rows.x, rows.residual, rows.to});
  return launch_blocks(blocks_of(shape), [&](uint32_t blocks) {
    const auto kernel = wide ? norm_rows_kernel<T, kVectorWidth<T>> : norm_rows_kernel<T, 1>;
    kernel<<<blocks, kThreads, 0, stream>>>(shape, index, rows);
  });
}

#define FOCUS_INSTANTIATE(T)                                                                          \
  template cudaError_t take_rows(const RowShape&, const int64_t*, const TakenRows<T>&, cudaStream_t); \
  template cudaError_t norm_rows(const RowShape&, const int64_t*, const NormedRows<T>&, cudaStream_t)
FOCUS_INSTANTIATE(float);
FOCUS_INSTANTIATE(Bf16);
FOCUS_INSTANTIATE(Fp16);
#undef FOCUS_INSTANTIATE

}  // namespace focus::ops::cuda
