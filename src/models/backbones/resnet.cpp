#include "models/backbones/resnet.h"

#include "base/profile.h"
#include "nn/conv_norm.h"
#include "nn/module_list.h"
#include "nn/recompute.h"
#include "ops/packed/packed_convolution.h"

namespace focus::models {
namespace {

using nn::Activation;
using nn::BatchNorm;
using nn::BatchNormMode;
using nn::ConvNorm;
using nn::ConvShape;

std::shared_ptr<ConvNorm> make_conv(const ConvShape& shape, BatchNormMode mode, Activation activation) {
  return std::make_shared<ConvNorm>(shape, std::make_shared<BatchNorm>(shape.out, mode), activation, true);
}

/// A convolution of stride 1 with dilation 2: even and odd rows and columns never mix, so the plain
/// convolution runs on each of the four subgrids.
/// @param x (B, C, H, W), or blocked: H and W are dimensions 2 and 3 in both
at::Tensor dilated_by_two(ConvNorm& convolution, const at::Tensor& x) {
  const int64_t height = x.size(2), width = x.size(3);
  const auto floats = [](const at::Tensor& t) { return t.is_quantized() ? t.dequantize() : t; };
  std::vector<int64_t> padding{0, width % 2, 0, height % 2};
  if (x.dim() == 5) padding.insert(padding.begin(), {0, 0});
  const auto even = at::constant_pad_nd(floats(x), padding);
  std::vector<at::Tensor> phases;
  for (const int64_t row : {0, 1}) {
    for (const int64_t column : {0, 1}) {
      phases.push_back(even.slice(2, row, c10::nullopt, 2).slice(3, column, c10::nullopt, 2));
    }
  }
  const auto y = floats(convolution.forward(at::cat(phases))).chunk(4);
  const auto woven_row = [&](size_t first) { return at::stack({y[first], y[first + 1]}, 4).flatten(3, 4); };
  const auto woven = at::stack({woven_row(0), woven_row(2)}, 3).flatten(2, 3);
  return woven.slice(2, 0, height).slice(3, 0, width).contiguous();
}

}  // namespace

class ResNet::Stem : public torch::nn::Module {
 public:
  Stem(int64_t width, BatchNormMode mode)
      : conv1_(register_module("conv1", make_conv({3, width, 7, 2}, mode, Activation::kRelu))) {}
  at::Tensor forward(const at::Tensor& x) { return ops::max_pool(conv1_->forward(x), 3, 2, 1); }

 private:
  std::shared_ptr<ConvNorm> conv1_;
};

class ResNet::Block : public torch::nn::Module {
 public:
  Block(int64_t in, int64_t out, int64_t stride, BatchNormMode mode) {
    if (stride != 1 || in != out) {
      residual_ = register_module("shortcut", make_conv({in, out, 1, stride}, mode, Activation::kNone));
    }
  }
  at::Tensor forward(const at::Tensor& x) { return transform(x, residual_ ? residual_->forward(x) : x); }

 protected:
  /// The block's convolutions, with the residual added before the last ReLU.
  virtual at::Tensor transform(const at::Tensor& x, const at::Tensor& residual) = 0;

 private:
  std::shared_ptr<ConvNorm> residual_;
};

class ResNet::BasicBlock : public Block {
 public:
  BasicBlock(int64_t in, int64_t out, int64_t stride, BatchNormMode mode)
      : Block(in, out, stride, mode),
        conv1_(register_module("conv1", make_conv({in, out, 3, stride}, mode, Activation::kRelu))),
        conv2_(register_module("conv2", make_conv({out, out, 3, 1}, mode, Activation::kRelu))) {}

 protected:
  at::Tensor transform(const at::Tensor& x, const at::Tensor& residual) override {
    return conv2_->forward(conv1_->forward(x), residual);
  }

 private:
  std::shared_ptr<ConvNorm> conv1_, conv2_;
};

class ResNet::BottleneckBlock : public Block {
 public:
  BottleneckBlock(int64_t in, int64_t out, int64_t stride, bool dilated, BatchNormMode mode)
      : Block(in, out, stride, mode),
        dilated_(dilated),
        conv1_(register_module("conv1", make_conv({in, out / 4, 1, 1}, mode, Activation::kRelu))),
        conv2_(register_module("conv2", make_conv({out / 4, out / 4, 3, stride}, mode, Activation::kRelu))),
        conv3_(register_module("conv3", make_conv({out / 4, out, 1, 1}, mode, Activation::kRelu))) {}

 protected:
  at::Tensor transform(const at::Tensor& x, const at::Tensor& residual) override {
    const auto narrow = conv1_->forward(x);
    const auto mixed = dilated_ ? dilated_by_two(*conv2_, narrow) : conv2_->forward(narrow);
    return conv3_->forward(mixed, residual);
  }

 private:
  bool dilated_;
  std::shared_ptr<ConvNorm> conv1_, conv2_, conv3_;
};

ResNet::ResNet(const ResNetShape& shape, const BackboneOptions& options)
    : first_stage_(static_cast<size_t>(4 - options.features())) {
  const BatchNormMode mode = nn::batch_norm_mode(options.norm);
  stem_ = register_module("stem", std::make_shared<Stem>(options.width, mode));
  if (options.frozen_stages >= 1) freeze(*stem_);

  int64_t in = options.width;
  for (int64_t stage = 0; stage < 4; ++stage) {
    const int64_t out = (shape.bottleneck ? 4 : 1) * options.width << stage;
    auto list = std::make_shared<nn::ModuleList<Block>>();
    std::vector<std::shared_ptr<Block>> blocks;
    for (int64_t i = 0; i < shape.blocks[static_cast<size_t>(stage)]; ++i) {
      const bool dilate = options.dilated && stage == 3;
      const int64_t stride = i == 0 && stage > 0 && !dilate ? 2 : 1;
      std::shared_ptr<Block> block;
      if (shape.bottleneck) {
        block = std::make_shared<BottleneckBlock>(in, out, stride, dilate && i > 0, mode);
      } else {
        block = std::make_shared<BasicBlock>(in, out, stride, mode);
      }
      list->append(block);
      blocks.push_back(block);
      in = out;
    }
    register_module("res" + std::to_string(stage + 2), list);
    if (options.frozen_stages >= stage + 2) freeze(*list);
    stages_.push_back(std::move(blocks));
    if (stage >= static_cast<int64_t>(first_stage_)) channels_.push_back(out);
  }
}

std::vector<at::Tensor> ResNet::forward(const at::Tensor& images) {
  ProfileScope span("stem");
  auto x = stem_->forward(images);
  span.end();
  std::vector<at::Tensor> features;
  for (size_t stage = 0; stage < stages_.size(); ++stage) {
    const ProfileScope stage_span("res", static_cast<int64_t>(stage) + 2);
    for (auto& block : stages_[stage]) {
      x = nn::recomputed([&block = *block](at::TensorList in) { return block.forward(in[0]); }, {x});
    }
    if (stage >= first_stage_) features.push_back(x);
  }
  return features;
}

}  // namespace focus::models
