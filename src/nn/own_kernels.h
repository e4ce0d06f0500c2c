#pragma once

#include <ATen/ATen.h>

namespace focus::nn {

/// Whether kernels of our own may compute with x where a gradient may be wanted: float32 on the CPU, without
/// mixed precision, and not on the reference's path.
bool runs_own_kernels(const at::Tensor& x);

}  // namespace focus::nn
