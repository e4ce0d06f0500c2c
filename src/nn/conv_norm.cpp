#include "nn/conv_norm.h"

#include <cmath>

namespace focus::nn {
namespace {

at::Tensor activate(const at::Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::kRelu:
      return at::relu(x);
    case Activation::kRelu6:
      return at::hardtanh(x, 0, 6);  // Unlike clamp, one pass backward.
    case Activation::kNone:
      break;
  }
  return x;
}

}  // namespace

ConvNorm::ConvNorm(const ConvShape& shape, std::shared_ptr<BatchNorm> norm, Activation activation,
                   bool own_norm)
    : shape_(shape), norm_(std::move(norm)), activation_(activation) {
  // He's initialisation by fan-out, as detectron2 and torchvision initialise their backbones.
  const auto fan_out = static_cast<double>(shape.out * shape.kernel * shape.kernel / shape.groups);
  weight = register_parameter(
      "weight",
      at::randn({shape.out, shape.in / shape.groups, shape.kernel, shape.kernel}) * std::sqrt(2.0 / fan_out));
  if (own_norm) register_module("norm", norm_);
}

at::Tensor ConvNorm::forward(const at::Tensor& x) {
  const int64_t padding = (shape_.kernel - 1) / 2;
  const auto convolve = [&](const at::Tensor& w, const at::Tensor& b) {
    return at::conv2d(x, w, b, {shape_.stride, shape_.stride}, {padding, padding}, {1, 1}, shape_.groups);
  };
  // With constant statistics the norm is part of the convolution: one pass over the feature map less.
  if (const auto affine = norm_->constant_affine()) {
    return activate(convolve(weight * affine->scale.view({-1, 1, 1, 1}), affine->shift), activation_);
  }
  return activate(norm_->forward_live(convolve(weight, {})), activation_);
}

}  // namespace focus::nn
