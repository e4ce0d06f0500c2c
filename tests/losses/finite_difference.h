// Gradients of autograd against central differences in float64.
#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

namespace focus::test {

/// Expects the gradient of the scalar f at x (float64) to be the central difference in every element. f must
/// be smooth around x.
template <typename Function>
void expect_gradient_by_finite_differences(Function f, const at::Tensor& x, double tolerance = 1e-6) {
  ASSERT_EQ(x.scalar_type(), at::kDouble);
  const at::Tensor leaf = x.detach().clone().requires_grad_();
  const at::Tensor gradient = torch::autograd::grad({f(leaf)}, {leaf})[0].contiguous();
  constexpr double kStep = 1e-5;
  at::Tensor moved = x.detach().clone().contiguous();
  double* data = moved.data_ptr<double>();
  for (int64_t i = 0; i < moved.numel(); ++i) {
    const double value = data[i];
    data[i] = value + kStep;
    const double above = f(moved).template item<double>();
    data[i] = value - kStep;
    const double below = f(moved).template item<double>();
    data[i] = value;
    EXPECT_NEAR(gradient.data_ptr<double>()[i], (above - below) / (2 * kStep), tolerance) << "element " << i;
  }
}

}  // namespace focus::test
