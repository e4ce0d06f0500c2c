#include "nn/convolution.h"

#include "nn/initialise.h"
#include "nn/macs.h"

namespace focus::nn {

Convolution::Convolution(int64_t in, int64_t out, int64_t kernel, int64_t stride) : stride_(stride) {
  weight_ = at::empty({out, in, kernel, kernel});
  xavier_uniform_(weight_);
  weight_ = register_parameter("weight", weight_);
  bias_ = register_parameter("bias", at::zeros({out}));
}

at::Tensor Convolution::forward(const at::Tensor& x) {
  if (const auto* packed = packed_.usable()) return counted(packed->run(x), weight_);
  const int64_t padding = (weight_.size(2) - 1) / 2;
  const auto y = at::conv2d(x, weight_, bias_, {stride_, stride_}, {padding, padding});
  RangeRecorder::note(*this, x, y);
  return counted(y, weight_);
}

void Convolution::prepare(const LayerPreparation& how) {
  ops::ConvolutionOptions options{.stride = stride_, .precision = how.of_convolution(), .float_output = true};
  if (how.range != nullptr) options.input = how.range->input;
  packed_.emplace(weight_, bias_, options);
}

void Convolution::train(bool on) {
  if (on) packed_.reset();
  torch::nn::Module::train(on);
}

}  // namespace focus::nn
