#include "models/neck.h"

#include "nn/layers.h"
#include "nn/macs.h"

namespace focus::models {
namespace {

/// The reference's 32 groups, or as many as divide a narrower model's width.
int64_t groups_for(int64_t width) {
  int64_t groups = 32;
  while (width % groups != 0 || width / groups < 2) groups /= 2;
  return groups;
}

}  // namespace

class Neck::Conv : public torch::nn::Module, public nn::Preparable {
 public:
  Conv(int64_t in, int64_t out, int64_t kernel, int64_t stride) : stride_(stride) {
    weight_ = at::empty({out, in, kernel, kernel});
    nn::xavier_uniform_(weight_);
    weight_ = register_parameter("weight", weight_);
    bias_ = register_parameter("bias", at::zeros({out}));
  }

  /// Like nn::ConvNorm's, the result may be blocked.
  at::Tensor forward(const at::Tensor& x) {
    if (const auto* packed = packed_.usable()) return nn::counted(packed->run(x), weight_);
    const int64_t padding = (weight_.size(2) - 1) / 2;
    const auto y = at::conv2d(x, weight_, bias_, {stride_, stride_}, {padding, padding});
    nn::RangeRecorder::note(*this, x, y);
    return nn::counted(y, weight_);
  }

  void prepare(const nn::LayerPreparation& how) override {
    ops::ConvolutionOptions options{
        .stride = stride_, .precision = how.of_convolution(), .float_output = true};
    if (how.range != nullptr) options.input = how.range->input;
    packed_.emplace(weight_, bias_, options);
  }
  void train(bool on = true) override {
    if (on) packed_.reset();
    torch::nn::Module::train(on);
  }

 private:
  int64_t stride_;
  at::Tensor weight_, bias_;
  nn::Packed<ops::PackedConvolution> packed_;
};

class Neck::Level : public torch::nn::Module {
 public:
  Level(int64_t in, int64_t out, int64_t kernel, int64_t stride) {
    conv_ = register_module("conv", std::make_shared<Conv>(in, out, kernel, stride));
    norm_ = register_module("norm", std::make_shared<nn::GroupNorm>(groups_for(out), out));
  }
  at::Tensor forward(const at::Tensor& x) { return norm_->forward(conv_->forward(x)); }

 private:
  std::shared_ptr<Conv> conv_;
  std::shared_ptr<nn::GroupNorm> norm_;
};

Neck::Neck(const std::vector<int64_t>& in_channels, int64_t width, int64_t levels) {
  auto convs = register_module("convs", std::make_shared<nn::ModuleList<Level>>());
  for (const int64_t in : in_channels) {
    convs_.push_back(std::make_shared<Level>(in, width, 1, 1));
    convs->append(convs_.back());
  }
  auto extra = register_module("extra_convs", std::make_shared<nn::ModuleList<Level>>());
  const auto features = static_cast<int64_t>(in_channels.size());
  for (int64_t i = features; i < levels; ++i) {
    extra_convs_.push_back(std::make_shared<Level>(i == features ? in_channels.back() : width, width, 3, 2));
    extra->append(extra_convs_.back());
  }
}

std::vector<at::Tensor> Neck::forward(const std::vector<at::Tensor>& features) {
  std::vector<at::Tensor> levels;
  for (size_t i = 0; i < convs_.size(); ++i) levels.push_back(convs_[i]->forward(features[i]));
  for (size_t i = 0; i < extra_convs_.size(); ++i) {
    levels.push_back(extra_convs_[i]->forward(i == 0 ? features.back() : levels.back()));
  }
  return levels;
}

}  // namespace focus::models
