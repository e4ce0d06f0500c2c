// A clock of CUDA events; only built if LibTorch has CUDA.
#pragma once

#include "benchmark/device_clock.h"

namespace focus::benchmark {

std::unique_ptr<DeviceClock> cuda_clock(c10::Device device);

}  // namespace focus::benchmark
