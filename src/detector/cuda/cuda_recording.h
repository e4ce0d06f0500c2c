// CUDA graphs; compiled only where LibTorch has CUDA.
#pragma once

#include "detector/replay.h"

namespace focus::detector {

/// The Recorder for a GPU. Replays run on the stream that is current at that time.
std::unique_ptr<Recording> record_on_cuda(c10::Device device, const std::function<void()>& work);

}  // namespace focus::detector
