// Measures the time a device works, with its own clock if it has one: CUDA events.
#pragma once

#include <c10/core/Device.h>

#include <memory>

namespace focus::benchmark {

/// Measures the work launched on a device between two calls on the same thread, on the then current stream.
class DeviceClock {
 public:
  virtual ~DeviceClock() = default;

  virtual void start() = 0;
  /// Waits for the device and returns the seconds that passed on it since start().
  virtual double seconds() = 0;
};

/// The clock for a device: CUDA events for a GPU; the host's clock for the CPU and if built without CUDA.
std::unique_ptr<DeviceClock> device_clock(c10::Device device);

}  // namespace focus::benchmark
