// The best rates of a device, to which the times of models are compared.
#pragma once

#include <ATen/ATen.h>

namespace focus::benchmark {

/// 10^9 floating-point operations per second of a product of square matrices, best of several; a
/// multiply-accumulate counts as two. On the CPU with as many threads as LibTorch has.
/// @param side  of the matrices; 0: 2048 on the CPU, 8192 on other devices, which small ones do not saturate
double matrix_gflops(c10::Device device, at::ScalarType type, int64_t side = 0);

/// 10^9 bytes per second, read and written, of a copy within the device's memory, best of several.
/// @param bytes  to copy; should exceed all caches
double copy_gigabytes(c10::Device device, int64_t bytes = int64_t{1} << 28);

}  // namespace focus::benchmark
