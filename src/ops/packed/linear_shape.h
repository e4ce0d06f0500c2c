// The shapes of linear layers' rows.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

namespace focus::ops {

/// The output's shape (..., out) of a linear layer. Throws Error if x is not (..., in), or if an addend is defined and
/// not of the output's shape.
std::vector<int64_t> linear_output_shape(const at::Tensor& x, const at::Tensor& addend, int64_t in,
                                         int64_t out);

}  // namespace focus::ops
