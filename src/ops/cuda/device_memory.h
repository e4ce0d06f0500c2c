// Memory and errors of the CUDA runtime for programs without LibTorch.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

namespace focus::ops::cuda {

/// The exit status of a program that has no device to run on; CTest and automake take it as "skipped".
inline constexpr int kExitSkipped = 77;

/// Ends the program with the runtime's message if a call failed.
inline void require(cudaError_t error, const char* what) {
  if (error == cudaSuccess) return;
  std::fprintf(stderr, "error: %s: %s\n", what, cudaGetErrorString(error));
  std::exit(1);
}

/// Whether a GPU can be used; prints a message if not.
inline bool has_device() {
  int devices = 0;
  if (cudaGetDeviceCount(&devices) == cudaSuccess && devices > 0) return true;
  cudaGetLastError();
  std::puts("skipped: no CUDA device");
  return false;
}

/// An array on the GPU.
template <typename T>
class DeviceArray {
 public:
  explicit DeviceArray(size_t count) : count_(count) {
    require(cudaMalloc(reinterpret_cast<void**>(&data_), (count == 0 ? 1 : count) * sizeof(T)),
            "allocating device memory");
  }
  explicit DeviceArray(const std::vector<T>& from) : DeviceArray(from.size()) {
    require(cudaMemcpy(data_, from.data(), count_ * sizeof(T), cudaMemcpyHostToDevice),
            "copying to the device");
  }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;
  ~DeviceArray() { cudaFree(data_); }

  T* data() { return data_; }
  const T* data() const { return data_; }
  size_t size() const { return count_; }

  /// Sets all bytes to `byte`, on `stream`.
  void fill(int byte, cudaStream_t stream = nullptr) {
    require(cudaMemsetAsync(data_, byte, count_ * sizeof(T), stream), "setting device memory");
  }

  /// Waits for all work launched before on the default stream.
  std::vector<T> read() const {
    std::vector<T> to(count_);
    require(cudaMemcpy(to.data(), data_, count_ * sizeof(T), cudaMemcpyDeviceToHost), "running kernels");
    return to;
  }

 private:
  T* data_ = nullptr;
  size_t count_;
};

}  // namespace focus::ops::cuda
