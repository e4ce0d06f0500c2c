#include "models/backbones/mobilenet_v2.h"

#include "base/profile.h"
#include "nn/conv_norm.h"
#include "nn/module_list.h"
#include "nn/recompute.h"

namespace focus::models {
namespace {

using nn::Activation;
using nn::BatchNorm;
using nn::BatchNormMode;
using nn::ConvNorm;
using nn::ConvShape;

}  // namespace

/// One entry of "features": a plain convolution, or an inverted residual (expand, depthwise, project).
class MobileNetV2::Feature : public torch::nn::Module {
 public:
  /// A convolution "0" and its norm "1".
  static std::shared_ptr<Feature> convolution(const ConvShape& shape, BatchNormMode mode) {
    auto feature = std::make_shared<Feature>();
    feature->add(*feature, shape, "0", "1", mode, Activation::kRelu6);
    return feature;
  }

  static std::shared_ptr<Feature> inverted_residual(int64_t in, int64_t out, int64_t stride,
                                                    int64_t expansion, BatchNormMode mode) {
    auto feature = std::make_shared<Feature>();
    feature->skip_ = stride == 1 && in == out;
    auto conv = std::make_shared<Feature>();  // A container only; torchvision calls it "conv".
    feature->register_module("conv", conv);
    const int64_t hidden = in * expansion;
    int64_t index = 0;
    const auto add_nested = [&](const ConvShape& shape) {
      auto nested = conv->register_module(std::to_string(index++), std::make_shared<Feature>());
      feature->add(*nested, shape, "0", "1", mode, Activation::kRelu6);
    };
    if (expansion != 1) add_nested({in, hidden, 1, 1});
    add_nested({hidden, hidden, 3, stride, hidden});
    feature->add(*conv, {hidden, out, 1, 1}, std::to_string(index), std::to_string(index + 1), mode,
                 Activation::kNone);
    return feature;
  }

  at::Tensor forward(const at::Tensor& x) {
    auto y = x;
    for (size_t i = 0; i + 1 < convs_.size(); ++i) y = convs_[i]->forward(y);
    return convs_.back()->forward(y, skip_ ? x : at::Tensor());
  }

 private:
  void add(torch::nn::Module& parent, const ConvShape& shape, const std::string& conv_name,
           const std::string& norm_name, BatchNormMode mode, Activation activation) {
    auto norm = std::make_shared<BatchNorm>(shape.out, mode);
    auto conv = std::make_shared<ConvNorm>(shape, norm, activation, /*own_norm=*/false);
    parent.register_module(conv_name, conv);
    parent.register_module(norm_name, norm);
    convs_.push_back(conv);
  }

  std::vector<std::shared_ptr<ConvNorm>> convs_;
  bool skip_ = false;
};

namespace {

/// The last entry of "features" at each stride, from stride 4 on, and its channels.
struct Tap {
  size_t index;
  int64_t channels;
};
constexpr Tap kTaps[] = {{3, 24}, {6, 32}, {13, 96}, {18, 1280}};

}  // namespace

MobileNetV2::MobileNetV2(const BackboneOptions& options)
    : first_tap_(std::size(kTaps) - static_cast<size_t>(options.features())) {
  const BatchNormMode mode = nn::batch_norm_mode(options.norm);
  struct Group {
    int64_t expansion, out, blocks, stride;
  };
  constexpr Group kGroups[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                               {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};
  auto list = std::make_shared<nn::ModuleList<Feature>>();
  const auto append = [&](std::shared_ptr<Feature> feature) {
    list->append(feature);
    features_.push_back(std::move(feature));
  };
  append(Feature::convolution({3, 32, 3, 2}, mode));
  int64_t in = 32;
  for (const Group& group : kGroups) {
    for (int64_t i = 0; i < group.blocks; ++i) {
      append(Feature::inverted_residual(in, group.out, i == 0 ? group.stride : 1, group.expansion, mode));
      in = group.out;
    }
  }
  append(Feature::convolution({in, 1280, 1, 1}, mode));
  register_module("features", list);

  // A stage ends where the next stride begins: the stem, then strides 4, 8, 16 and 32.
  constexpr size_t kStageEnds[] = {0, 2, 4, 7, 14, 19};
  const auto frozen = kStageEnds[static_cast<size_t>(options.frozen_stages)];
  for (size_t i = 0; i < frozen; ++i) freeze(*features_[i]);
}

std::vector<at::Tensor> MobileNetV2::forward(const at::Tensor& images) {
  auto x = images;
  std::vector<at::Tensor> taps;
  for (size_t i = 0; i < features_.size(); ++i) {
    const ProfileScope span("features", static_cast<int64_t>(i));
    x = nn::recomputed([&part = *features_[i]](at::TensorList in) { return part.forward(in[0]); }, {x});
    if (i == kTaps[first_tap_ + taps.size()].index) taps.push_back(x);
  }
  return taps;
}

std::vector<int64_t> MobileNetV2::channels() const {
  std::vector<int64_t> channels;
  for (size_t i = first_tap_; i < std::size(kTaps); ++i) channels.push_back(kTaps[i].channels);
  return channels;
}

}  // namespace focus::models
