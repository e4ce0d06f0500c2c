// Device work that is launched kernel by kernel once and as a whole from then on: a CUDA graph.
#pragma once

#include <c10/core/Device.h>

#include <functional>
#include <memory>

namespace focus::detector {

class Recording {
 public:
  virtual ~Recording() = default;

  /// Runs the recorded work again, on the memory it was recorded with.
  virtual void replay() = 0;
};

/// Records what `work` launches on a device, without running it. `work` must neither copy anything to the
/// device nor wait for it, and what it reads and writes must stay where it is. Throws what recording throws.
using Recorder = std::function<std::unique_ptr<Recording>(const std::function<void()>& work)>;

/// The recorder for a device; empty where it cannot record, as on the CPU or in a build without CUDA.
Recorder recorder_of(c10::Device device);

}  // namespace focus::detector
