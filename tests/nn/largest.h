#pragma once

#include <ATen/ATen.h>

namespace focus::test {

/// Largest absolute value.
inline double largest(const at::Tensor& x) { return x.abs().max().item<double>(); }

}  // namespace focus::test
