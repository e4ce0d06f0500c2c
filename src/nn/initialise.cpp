#include "nn/initialise.h"

#include <ATen/Functions.h>

#include <cmath>

namespace focus::nn {
namespace {

thread_local bool leave_uninitialised = false;

}  // namespace

WithoutInitialisation::WithoutInitialisation() : outer_(leave_uninitialised) { leave_uninitialised = true; }
WithoutInitialisation::~WithoutInitialisation() { leave_uninitialised = outer_; }

at::Tensor normal_weights(at::IntArrayRef shape, double deviation) {
  return leave_uninitialised ? at::empty(shape) : at::randn(shape) * deviation;
}

at::Tensor uniform_weights(at::IntArrayRef shape, double bound) {
  const auto weights = at::empty(shape);
  return leave_uninitialised ? weights : weights.uniform_(-bound, bound);
}

void xavier_uniform_(at::Tensor& weight) {
  if (leave_uninitialised) return;
  at::NoGradGuard no_grad;
  const double receptive =
      static_cast<double>(weight.numel()) / static_cast<double>(weight.size(0) * weight.size(1));
  const double fans = static_cast<double>(weight.size(0) + weight.size(1)) * receptive;
  const double bound = std::sqrt(6.0 / fans);
  weight.uniform_(-bound, bound);
}

}  // namespace focus::nn
