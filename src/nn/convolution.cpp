#include "nn/convolution.h"

#include <torch/version.h>

#include "nn/initialise.h"
#include "nn/macs.h"
#include "nn/own_kernels.h"
#include "ops/packed/linear_autograd.h"
#include "ops/winograd/winograd_autograd.h"

namespace focus::nn {

namespace {

/// Whether both numbers of channels are multiples of 16, the size of oneDNN's blocks.
bool fills_blocks(const at::Tensor& weight) { return weight.size(0) % 16 == 0 && weight.size(1) % 16 == 0; }

/// oneDNN's convolutions are faster in channels-last than in NCHW layout, up to ten times for few channels or
/// depthwise convolutions; except for wide ones of stride 2, whose weight gradient takes twice as long. Never
/// NCHW if the channels do not fill blocks of 16: oneDNN 3.7 has computed those wrongly.
at::MemoryFormat faster_layout(const at::Tensor& weight, int64_t stride, int64_t groups) {
  const bool wide = weight.size(1) >= 96 && fills_blocks(weight) && groups == 1;
  return wide && weight.size(2) > 1 && stride > 1 ? at::MemoryFormat::Contiguous
                                                  : at::MemoryFormat::ChannelsLast;
}

at::Tensor channels_last(const at::Tensor& map) { return map.contiguous(at::MemoryFormat::ChannelsLast); }

/// A 1x1 convolution as a linear layer, whose rows are the pixels it reads.
at::Tensor pointwise(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, int64_t stride,
                     const at::Tensor& addend, Activation activation) {
  const auto rows = [](const at::Tensor& map) { return channels_last(map).permute({0, 2, 3, 1}); };
  const auto read = stride == 1 ? x : x.slice(2, 0, c10::nullopt, stride).slice(3, 0, c10::nullopt, stride);
  return ops::linear(rows(read), weight.flatten(1), bias, addend.defined() ? rows(addend) : addend,
                     activation)
      .permute({0, 3, 1, 2});
}

/// The convolution alone, by oneDNN; returns channels last.
at::Tensor convolve_channels_last(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                                  int64_t stride, int64_t groups) {
  // The few channels of an image stay in NCHW layout.
  const int64_t padding = (weight.size(2) - 1) / 2;
  return channels_last(at::conv2d(x.size(1) < 8 ? x : x.contiguous(faster_layout(weight, stride, groups)),
                                  weight, bias, {stride, stride}, {padding, padding}, {1, 1}, groups));
}

/// The convolution alone, by LibTorch, in NCHW layout.
at::Tensor convolve_planes(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                           int64_t stride, int64_t groups) {
  const int64_t padding = (weight.size(2) - 1) / 2;
#if TORCH_VERSION_MAJOR >= 2
  // These releases use oneDNN 3, whose results for such channels are correct only in channels-last layout.
  if (x.is_cpu() && groups == 1 && !fills_blocks(weight)) {
    const auto pixels = x.size(1) < 8 ? x : channels_last(x);
    return at::conv2d(pixels, weight, bias, {stride, stride}, {padding, padding}).contiguous();
  }
#endif
  return at::conv2d(x, weight, bias, {stride, stride}, {padding, padding}, {1, 1}, groups);
}

}  // namespace

at::Tensor convolve_plainly(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                            int64_t stride, int64_t groups, const at::Tensor& addend, Activation activation) {
  const bool ours = runs_own_kernels(x);
  const Activation inside = taken_inside(activation);
  const auto finished = [&](const at::Tensor& y) {
    return inside == activation ? y : activate(y, activation);
  };
  if (ours && weight.size(2) == 1 && groups == 1 && ops::linear_suits(x, weight))
    return finished(pointwise(x, weight, bias, stride, addend, inside));
  const bool by_winograd = ours && ops::winograd_suits(x, weight, stride, groups);
  if (by_winograd && !addend.defined()) return finished(ops::winograd_conv2d(x, weight, bias, inside));
  const auto y = by_winograd ? ops::winograd_conv2d(x, weight, bias)
                 : ours      ? convolve_channels_last(x, weight, bias, stride, groups)
                             : convolve_planes(x, weight, bias, stride, groups);
  return activate(addend.defined() ? y + addend : y, activation);
}

Convolution::Convolution(int64_t in, int64_t out, int64_t kernel, int64_t stride, int64_t groups)
    : stride_(stride), groups_(groups) {
  weight_ = at::empty({out, in / groups, kernel, kernel});
  xavier_uniform_(weight_);
  weight_ = register_parameter("weight", weight_);
  bias_ = register_parameter("bias", at::zeros({out}));
}

at::Tensor Convolution::forward(const at::Tensor& x) {
  if (const auto* packed = packed_.usable()) return counted(packed->run(x), weight_);
  const auto y = convolve_plainly(x, weight_, bias_, stride_, groups_);
  RangeRecorder::note(*this, x, y);
  return counted(y, weight_);
}

void Convolution::prepare(const LayerPreparation& how) {
  ops::ConvolutionOptions options{
      .stride = stride_, .groups = groups_, .precision = how.of_convolution(), .float_output = true};
  if (how.range != nullptr) options.input = how.range->input;
  packed_.emplace(weight_, bias_, options);
}

void Convolution::train(bool on) {
  if (on) packed_.reset();
  torch::nn::Module::train(on);
}

}  // namespace focus::nn
