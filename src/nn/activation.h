// Activations, for layers that run them as a separate step.
#pragma once

#include <ATen/ATen.h>

#include "ops/activation.h"

namespace focus::nn {

using ops::Activation;
using ops::taken_inside;

/// Applies an activation: ReLU, ReLU6, GELU (exact), or none.
at::Tensor activate(const at::Tensor& x, Activation activation);

}  // namespace focus::nn
