// Launching a kernel, with the errors that are known before the launch.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>
#include <limits>

namespace focus::ops::cuda {

/// Calls launch(blocks) unless there are no blocks or more than a grid can have.
template <typename Launch>
cudaError_t launch_blocks(int64_t blocks, Launch launch) {
  if (blocks == 0) return cudaSuccess;
  if (blocks > std::numeric_limits<int32_t>::max()) return cudaErrorInvalidConfiguration;
  launch(static_cast<uint32_t>(blocks));
  return cudaGetLastError();
}

}  // namespace focus::ops::cuda
