// Copies from a device to the CPU that wait only when the numbers are needed.
#pragma once

#include <ATen/ATen.h>

#include <functional>

namespace focus::nn {

/// A pending copy of a tensor to the CPU; for a tensor on the CPU, the tensor itself.
class HostCopy {
 public:
  /// Starts the copy. A GPU makes it asynchronously; elsewhere it is made at once.
  explicit HostCopy(const at::Tensor& tensor);

  /// The copy, on the CPU. Waits for it, not for what the device was given to do later.
  const at::Tensor& wait() const;

 private:
  at::Tensor copy_;
  std::function<void()> arrival_;  ///< Waits; empty where nothing is left to wait for.
};

}  // namespace focus::nn
