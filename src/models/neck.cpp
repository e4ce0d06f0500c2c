#include "models/neck.h"

#include "nn/layers.h"

namespace focus::models {
namespace {

class Conv : public torch::nn::Module {
 public:
  Conv(int64_t in, int64_t out, int64_t kernel) {
    weight = at::empty({out, in, kernel, kernel});
    nn::xavier_uniform_(weight);
    weight = register_parameter("weight", weight);
    bias = register_parameter("bias", at::zeros({out}));
  }
  at::Tensor weight, bias;
};

/// The reference's 32 groups, or as many as divide a narrower model's width.
int64_t groups_for(int64_t width) {
  int64_t groups = 32;
  while (width % groups != 0 || width / groups < 2) groups /= 2;
  return groups;
}

}  // namespace

class Neck::Level : public torch::nn::Module {
 public:
  Level(int64_t in, int64_t out, int64_t kernel, int64_t stride)
      : stride_(stride), padding_((kernel - 1) / 2) {
    conv_ = register_module("conv", std::make_shared<Conv>(in, out, kernel));
    norm_ = register_module("norm", std::make_shared<nn::GroupNorm>(groups_for(out), out));
  }
  at::Tensor forward(const at::Tensor& x) {
    return norm_->forward(
        at::conv2d(x, conv_->weight, conv_->bias, {stride_, stride_}, {padding_, padding_}).contiguous());
  }

 private:
  int64_t stride_, padding_;
  std::shared_ptr<Conv> conv_;
  std::shared_ptr<nn::GroupNorm> norm_;
};

Neck::Neck(const std::array<int64_t, 3>& in_channels, int64_t width, int64_t levels) {
  auto convs = register_module("convs", std::make_shared<nn::ModuleList<Level>>());
  for (const int64_t in : in_channels) {
    convs_.push_back(std::make_shared<Level>(in, width, 1, 1));
    convs->append(convs_.back());
  }
  auto extra = register_module("extra_convs", std::make_shared<nn::ModuleList<Level>>());
  for (int64_t i = 3; i < levels; ++i) {
    extra_convs_.push_back(std::make_shared<Level>(i == 3 ? in_channels.back() : width, width, 3, 2));
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
