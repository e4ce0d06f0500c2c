#include "models/backbones/patch_convolution.h"

#include <ATen/ATen.h>

#include "nn/initialise.h"
#include "nn/macs.h"

namespace focus::models {

PatchConvolution::PatchConvolution(int64_t in, int64_t out, int64_t patch) {
  weight = register_parameter("weight", nn::normal_weights({out, in, patch, patch}, 0.02));
  bias = register_parameter("bias", at::zeros({out}));
}

at::Tensor PatchConvolution::forward(const at::Tensor& x) const {
  const int64_t patch = weight.size(2);
  const auto missing = [&](int64_t size) { return (patch - size % patch) % patch; };
  const int64_t right = missing(x.size(3)), below = missing(x.size(2));
  const auto whole = right + below > 0 ? at::constant_pad_nd(x, {0, right, 0, below}) : x;
  return nn::counted(at::conv2d(whole, weight, bias, patch), weight);
}

}  // namespace focus::models
