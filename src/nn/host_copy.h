// From a device to the CPU, without waiting before the numbers are needed.
#pragma once

#include <ATen/ATen.h>

#include <functional>

namespace focus::nn {

/// A copy of a tensor on its way to the CPU; of a tensor that is there, the tensor itself.
class HostCopy {
 public:
  /// Starts the copy. A GPU makes it when its turn comes, and goes on; elsewhere it is made at once.
  explicit HostCopy(const at::Tensor& tensor);

  /// The copy, on the CPU. Waits for it, not for what the device was given to do later.
  const at::Tensor& wait() const;

 private:
  at::Tensor copy_;
  std::function<void()> arrival_;  ///< Waits; empty where nothing is left to wait for.
};

}  // namespace focus::nn
