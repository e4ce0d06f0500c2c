// Copies from a device to the CPU that do not wait until the data is needed.
#pragma once

#include <ATen/ATen.h>

#include <functional>

namespace focus::nn {

/// A pending copy of a tensor to the CPU; for a tensor on the CPU, the tensor itself.
class HostCopy {
 public:
  /// Starts the copy: asynchronously from a GPU, synchronously from other devices.
  explicit HostCopy(const at::Tensor& tensor);

  /// The copy, on the CPU. Waits for it, but not for work queued after it.
  const at::Tensor& wait() const;

 private:
  at::Tensor copy_;
  std::function<void()> arrival_;  ///< Waits for the copy; empty if it was synchronous.
};

}  // namespace focus::nn
