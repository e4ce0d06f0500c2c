#pragma once

#include <ATen/ATen.h>

namespace focus::nn {

/// Whether this project's own kernels with gradients can process x: float32 on the CPU, without mixed
/// precision, and not on the reference's path.
bool runs_own_kernels(const at::Tensor& x);

}  // namespace focus::nn
