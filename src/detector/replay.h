// Work of a device that is launched once, piece by piece, and from then on as a whole: a CUDA graph.
#pragma once

#include <c10/core/Device.h>

#include <functional>
#include <memory>

namespace focus::detector {

class Recording {
 public:
  virtual ~Recording() = default;

  /// Does the recorded work again, on the memory it was recorded with.
  virtual void replay() = 0;
};

/// Records what `work` asks of a device, without doing it. `work` must neither bring anything to the device
/// nor wait for it, and what it reads and writes must stay where it is. Throws what recording throws.
using Recorder = std::function<std::unique_ptr<Recording>(const std::function<void()>& work)>;

/// How to record on a device; empty where it cannot, as on the CPU or in a build without CUDA.
Recorder recorder_of(c10::Device device);

}  // namespace focus::detector
