#include "models/neck.h"

#include "nn/convolution.h"
#include "nn/layers.h"

namespace focus::models {
namespace {

/// The reference's 32 groups, or as many as divide a narrower model's width.
int64_t groups_for(int64_t width) {
  int64_t groups = 32;
  while (width % groups != 0 || width / groups < 2) groups /= 2;
  return groups;
}

}  // namespace

class Neck::Level : public torch::nn::Module {
 public:
  Level(int64_t in, int64_t out, int64_t kernel, int64_t stride) {
    conv_ = register_module("conv", std::make_shared<nn::Convolution>(in, out, kernel, stride));
    norm_ = register_module("norm", std::make_shared<nn::GroupNorm>(groups_for(out), out));
  }
  at::Tensor forward(const at::Tensor& x) { return norm_->forward(conv_->forward(x)); }

 private:
  std::shared_ptr<nn::Convolution> conv_;
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
