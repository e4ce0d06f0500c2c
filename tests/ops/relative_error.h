// How far results are from what they should be.
#pragma once

#include <ATen/ATen.h>

#include <algorithm>

namespace focus::test {

/// Largest difference, relative to the largest magnitude of the expected tensor.
inline double relative_error(const at::Tensor& found, const at::Tensor& expected) {
  if (expected.numel() == 0) return found.sizes() == expected.sizes() ? 0 : 1;
  const auto scale = expected.to(at::kDouble).abs().max().item<double>();
  return (found.to(at::kDouble) - expected.to(at::kDouble)).abs().max().item<double>() /
         std::max(scale, 1e-12);
}

}  // namespace focus::test
