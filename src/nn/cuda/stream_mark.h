// Marks points in a GPU's work to wait for; compiled only where LibTorch has CUDA.
#pragma once

#include <c10/core/Device.h>

#include <functional>

namespace focus::nn {

/// Returns a function that waits until the GPU has finished the work queued so far on its current stream.
std::function<void()> mark_stream(c10::Device device);

}  // namespace focus::nn
