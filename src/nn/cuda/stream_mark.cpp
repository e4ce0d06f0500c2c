#include "nn/cuda/stream_mark.h"

#include <ATen/cuda/CUDAEvent.h>
#include <c10/cuda/CUDAStream.h>

#include <memory>

namespace focus::nn {

std::function<void()> mark_stream(c10::Device device) {
  const auto event = std::make_shared<at::cuda::CUDAEvent>();
  event->record(c10::cuda::getCurrentCUDAStream(device.index()));
  return [event] { event->synchronize(); };
}

}  // namespace focus::nn
