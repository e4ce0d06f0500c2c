// CUDA graphs; only where LibTorch has CUDA.
#pragma once

#include "detector/replay.h"

namespace focus::detector {

/// A Recorder of a GPU. Replays run on the stream that is current then.
std::unique_ptr<Recording> record_on_cuda(c10::Device device, const std::function<void()>& work);

}  // namespace focus::detector
