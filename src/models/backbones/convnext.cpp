#include "models/backbones/convnext.h"

#include <ATen/ATen.h>

#include "base/profile.h"
#include "models/backbones/drop_path.h"
#include "models/backbones/patch_convolution.h"
#include "nn/convolution.h"
#include "nn/module_list.h"
#include "nn/recompute.h"
#include "ops/packed/packed_convolution.h"

namespace focus::models {
namespace {

constexpr double kConvNeXtEps = 1e-6;
/// The initial scale of a block's residual branch.
constexpr double kFirstLayerScale = 1e-6;

/// (B, H, W, C) -> (B, C, H, W), channels last, and back: no copy.
at::Tensor as_map(const at::Tensor& x) { return x.permute({0, 3, 1, 2}); }
at::Tensor as_pixels(const at::Tensor& map) { return map.permute({0, 2, 3, 1}); }

}  // namespace

/// A depthwise convolution, then two pointwise layers, scaled and added.
class ConvNeXt::Block : public torch::nn::Module {
 public:
  Block(int64_t width, double dropped)
      : depthwise_(register_module("dwconv", std::make_shared<nn::Convolution>(width, width, 7, 1, width))),
        norm_(register_module("norm", std::make_shared<nn::LayerNorm>(width, kConvNeXtEps))),
        expand_(register_module("pwconv1",
                                std::make_shared<nn::Linear>(width, 4 * width, nn::Activation::kGelu))),
        project_(register_module("pwconv2", std::make_shared<nn::Linear>(4 * width, width))),
        dropped_(dropped) {
    gamma_ = register_parameter("gamma", at::full({width}, kFirstLayerScale));
  }

  /// (B, H, W, width) -> the same.
  at::Tensor forward(const at::Tensor& x) {
    auto around = depthwise_->forward(as_map(x));
    if (around.dim() == 5) around = ops::unblock(around, x.size(3));
    const auto branch = project_->forward(expand_->forward(norm_->forward(as_pixels(around)))) * gamma_;
    return x + drop_path(branch, dropped_, is_training());
  }

 private:
  std::shared_ptr<nn::Convolution> depthwise_;
  std::shared_ptr<nn::LayerNorm> norm_;
  std::shared_ptr<nn::Linear> expand_, project_;
  at::Tensor gamma_;
  double dropped_;
};

/// The stem, whose norm follows its convolution, or the downsampling between stages, whose norm precedes it.
class ConvNeXt::Downsampling : public torch::nn::Module {
 public:
  static std::shared_ptr<Downsampling> stem(int64_t width) {
    auto made = std::make_shared<Downsampling>();
    made->convolution_ = made->register_module("0", std::make_shared<PatchConvolution>(3, width, 4));
    made->after_ = made->register_module("1", std::make_shared<nn::LayerNorm>(width, kConvNeXtEps));
    return made;
  }
  static std::shared_ptr<Downsampling> between(int64_t in, int64_t out) {
    auto made = std::make_shared<Downsampling>();
    made->before_ = made->register_module("0", std::make_shared<nn::LayerNorm>(in, kConvNeXtEps));
    made->convolution_ = made->register_module("1", std::make_shared<PatchConvolution>(in, out, 2));
    return made;
  }

  /// (B, H, W, in) -> (B, ceil(H / stride), ceil(W / stride), out)
  at::Tensor forward(const at::Tensor& x) const {
    const auto normed = before_ ? before_->forward(x) : x;
    const auto y = as_pixels(convolution_->forward(as_map(normed))).contiguous();
    return after_ ? after_->forward(y) : y;
  }

 private:
  std::shared_ptr<nn::LayerNorm> before_, after_;
  std::shared_ptr<PatchConvolution> convolution_;
};

ConvNeXt::ConvNeXt(const ConvNeXtShape& shape, const BackboneOptions& options) {
  auto downsamplings = register_module("downsample_layers", std::make_shared<nn::ModuleList<Downsampling>>());
  auto stages = register_module("stages", std::make_shared<nn::ModuleList<Stage>>());
  const auto dropped = drop_chances(options.drop_path, shape.blocks);
  for (size_t stage = 0; stage < shape.blocks.size(); ++stage) {
    const int64_t width = shape.width << stage;
    downsamplings_.push_back(stage == 0 ? Downsampling::stem(width)
                                        : Downsampling::between(width / 2, width));
    downsamplings->append(downsamplings_.back());
    stages_.push_back(std::make_shared<Stage>());
    for (const double chance : dropped[stage]) stages_.back()->emplace(width, chance);
    stages->append(stages_.back());
    if (options.frozen_stages >= static_cast<int64_t>(stage) + 2) freeze(*stages_.back());
    // The stem counts as stage 1; the others are frozen with the stage that follows them.
    if (options.frozen_stages >= static_cast<int64_t>(stage) + (stage == 0 ? 1 : 2)) {
      freeze(*downsamplings_.back());
    }
  }
  first_feature_ = stages_.size() - static_cast<size_t>(options.features());
  for (size_t stage = first_feature_; stage < stages_.size(); ++stage) {
    channels_.push_back(shape.width << stage);
    norms_.push_back(register_module("norm" + std::to_string(stage),
                                     std::make_shared<nn::LayerNorm>(channels_.back(), kConvNeXtEps)));
  }
}

std::vector<at::Tensor> ConvNeXt::forward(const at::Tensor& images) {
  auto x = as_pixels(images);
  std::vector<at::Tensor> features;
  for (size_t stage = 0; stage < stages_.size(); ++stage) {
    const ProfileScope span("stage", static_cast<int64_t>(stage));
    x = downsamplings_[stage]->forward(x);
    for (auto& block : *stages_[stage]) {
      x = nn::recomputed([&block = *block](at::TensorList in) { return block.forward(in[0]); }, {x});
    }
    // Channels last, on which the neck's convolutions are fastest.
    if (stage >= first_feature_) features.push_back(as_map(norms_[stage - first_feature_]->forward(x)));
  }
  return features;
}

}  // namespace focus::models
