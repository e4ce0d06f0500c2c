#include "detector/replay.h"

#ifdef FOCUS_DETR_CUDA
#include "detector/cuda/cuda_recording.h"
#endif

namespace focus::detector {

Recorder recorder_of(c10::Device device) {
#ifdef FOCUS_DETR_CUDA
  if (device.is_cuda())
    return [device](const std::function<void()>& work) { return record_on_cuda(device, work); };
#endif
  static_cast<void>(device);
  return {};
}

}  // namespace focus::detector
