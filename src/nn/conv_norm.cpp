#include "nn/conv_norm.h"

#include <cmath>

#include "nn/convolution.h"
#include "nn/initialise.h"
#include "nn/macs.h"
#include "nn/reference_path.h"

namespace focus::nn {
ConvNorm::ConvNorm(const ConvShape& shape, std::shared_ptr<BatchNorm> norm, Activation activation,
                   bool own_norm)
    : shape_(shape), norm_(std::move(norm)), activation_(activation) {
  // He's initialisation by fan-out, as detectron2 and torchvision initialise their backbones.
  const int64_t outputs = shape.out * shape.kernel * shape.kernel / shape.groups;
  const auto fan_out = static_cast<double>(outputs);
  weight = register_parameter("weight",
                              normal_weights({shape.out, shape.in / shape.groups, shape.kernel, shape.kernel},
                                             std::sqrt(2.0 / fan_out)));
  if (own_norm) register_module("norm", norm_);
}

at::Tensor ConvNorm::forward(const at::Tensor& x, const at::Tensor& addend) {
  if (const auto* packed = packed_.usable()) return counted(packed->run(x, addend), weight);
  auto y = plain_forward(x, addend);
  RangeRecorder::note(*this, x, y);
  return y;
}

at::Tensor ConvNorm::plain_forward(const at::Tensor& x, const at::Tensor& addend) {
  const auto affine = norm_->constant_affine();
  // With constant statistics the norm is folded into the convolution, which saves a pass over the map.
  if (affine && !ReferencePath::active()) {
    return counted(convolve_plainly(x, weight * affine->scale.view({-1, 1, 1, 1}), affine->shift,
                                    shape_.stride, shape_.groups, addend, activation_),
                   weight);
  }
  const auto convolved = counted(convolve_plainly(x, weight, {}, shape_.stride, shape_.groups), weight);
  const auto normalised =
      affine ? convolved * affine->scale.view({1, -1, 1, 1}) + affine->shift.view({1, -1, 1, 1})
             : norm_->forward_live(convolved);
  return activate(addend.defined() ? normalised + addend : normalised, activation_);
}

void ConvNorm::prepare(const LayerPreparation& how) {
  at::NoGradGuard no_grad;
  const auto affine = norm_->constant_affine();
  if (!affine) return;
  ops::ConvolutionOptions options{shape_.stride, shape_.groups, activation_, how.of_convolution()};
  // An image has too few channels for int8 to be faster, and for few outputs float32 is faster than AMX's tiles of
  // bfloat16 (24 of 208 x 208: 1.4 ms, 2.1 ms; 64 of 400 x 667: 18.6 ms, 11.9 ms).
  constexpr int64_t kLeastTiled = 32;
  if (shape_.in < 8) {
    options.precision =
        ops::cpu_has_amx() && shape_.out < kLeastTiled ? Precision::kFloat32 : how.unquantised();
  }
  // Rounding errors of residuals would accumulate from block to block, so outputs without an activation stay
  // float32 (MobileNetV2 then loses 0.7 and 0.4 points of AP on BCCD and chess instead of 2.3 and 1.4).
  options.float_output = options.precision == Precision::kInt8 && activation_ == Activation::kNone;
  if (how.range != nullptr) {
    options.input = how.range->input;
    options.output = how.range->output;
  }
  packed_.emplace(weight * affine->scale.view({-1, 1, 1, 1}), affine->shift, options);
}

void ConvNorm::train(bool on) {
  if (on) packed_.reset();
  torch::nn::Module::train(on);
}

}  // namespace focus::nn
