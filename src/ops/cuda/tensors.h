// LibTorch's tensors in the kernels' types; used only where LibTorch has CUDA.
#pragma once

#include <ATen/ATen.h>
#include <cuda_runtime_api.h>

#include "ops/cuda/numbers.h"

namespace focus::ops::cuda {

/// A tensor's memory, as the kernels' type.
template <typename T>
T* data(const at::Tensor& tensor) {
  return static_cast<T*>(tensor.data_ptr());
}

/// Calls run(T()) with the kernels' type of a tensor of float32, Half or BFloat16.
template <typename Run>
void with_type(const at::Tensor& tensor, Run run) {
  switch (tensor.scalar_type()) {
    case at::kFloat:
      return run(float());
    case at::kHalf:
      return run(Fp16());
    case at::kBFloat16:
      return run(Bf16());
    default:
      TORCH_CHECK(false, "on CUDA expected Float, Half or BFloat16, found ", tensor.scalar_type());
  }
}

/// Throws c10::Error naming the operator if a launch was refused.
inline void check_launch(const char* name, cudaError_t error) {
  TORCH_CHECK(error == cudaSuccess, name, ": ", cudaGetErrorString(error));
}

}  // namespace focus::ops::cuda
