#include "nn/conv_norm.h"

#include <cmath>

#include "nn/macs.h"
#include "nn/reference_path.h"

namespace focus::nn {
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

at::Tensor ConvNorm::forward(const at::Tensor& x, const at::Tensor& addend) {
  if (const auto* packed = packed_.usable()) return counted(packed->run(x, addend), weight);
  const int64_t padding = (shape_.kernel - 1) / 2;
  const auto convolve = [&](const at::Tensor& w, const at::Tensor& b) {
    const auto y =
        at::conv2d(x, w, b, {shape_.stride, shape_.stride}, {padding, padding}, {1, 1}, shape_.groups);
    return counted(y, w);
  };
  const auto affine = norm_->constant_affine();
  if (affine && ReferencePath::active()) {
    const auto scaled = convolve(weight, {}) * affine->scale.view({1, -1, 1, 1});
    const auto normalised = scaled + affine->shift.view({1, -1, 1, 1});
    return activate(addend.defined() ? normalised + addend : normalised, activation_);
  }
  // With constant statistics the norm is part of the convolution: one pass over the feature map less.
  const auto normalised = affine ? convolve(weight * affine->scale.view({-1, 1, 1, 1}), affine->shift)
                                 : norm_->forward_live(convolve(weight, {}));
  return activate(addend.defined() ? normalised + addend : normalised, activation_);
}

void ConvNorm::prepare() {
  at::NoGradGuard no_grad;
  const auto affine = norm_->constant_affine();
  if (!affine) return;
  packed_.emplace(weight * affine->scale.view({-1, 1, 1, 1}), affine->shift, shape_.stride, shape_.groups,
                  activation_);
}

void ConvNorm::train(bool on) {
  if (on) packed_.reset();
  torch::nn::Module::train(on);
}

}  // namespace focus::nn
