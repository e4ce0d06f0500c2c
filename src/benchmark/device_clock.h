// How long a device works, by its own clock where it has one: CUDA events.
#pragma once

#include <c10/core/Device.h>

#include <memory>

namespace focus::benchmark {

/// Measures what is launched on a device between two calls in the same thread, on the stream current then.
class DeviceClock {
 public:
  virtual ~DeviceClock() = default;

  virtual void start() = 0;
  /// Waits for the device and returns the seconds that passed on it since start().
  virtual double seconds() = 0;
};

/// The clock of a device: CUDA events of a GPU, the host's clock of the CPU and where LibTorch has no CUDA.
std::unique_ptr<DeviceClock> device_clock(c10::Device device);

}  // namespace focus::benchmark
