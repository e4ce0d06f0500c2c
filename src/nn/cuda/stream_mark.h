// Points in a GPU's work that can be waited for; only where LibTorch has CUDA.
#pragma once

#include <c10/core/Device.h>

#include <functional>

namespace focus::nn {

/// Waits, when called, until the GPU has done what its current stream was given up to now.
std::function<void()> mark_stream(c10::Device device);

}  // namespace focus::nn
