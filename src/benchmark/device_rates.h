// What a device reaches at its best: what the times of models are compared to.
#pragma once

#include <ATen/ATen.h>

namespace focus::benchmark {

/// 10^9 floating-point operations a second of a product of square matrices, best of several, two a
/// multiply-accumulate. On the CPU with as many threads as LibTorch has.
/// @param side  of the matrices; 0: 2048 on the CPU, 8192 on other devices, which small ones do not fill
double matrix_gflops(c10::Device device, at::ScalarType type, int64_t side = 0);

/// 10^9 bytes a second, read and written, of a copy within the device's memory, best of several.
/// @param bytes  of what is copied; large enough for no cache
double copy_gigabytes(c10::Device device, int64_t bytes = int64_t{1} << 28);

}  // namespace focus::benchmark
