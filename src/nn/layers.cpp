#include "nn/layers.h"

#include <cmath>

namespace focus::nn {
namespace {

constexpr double kNormEps = 1e-5;

at::Tensor uniform(at::IntArrayRef shape, double bound) { return at::empty(shape).uniform_(-bound, bound); }

/// A module that only holds children, so that names get the levels the reference's containers give them.
class Container : public torch::nn::Module {
 public:
  template <typename T>
  std::shared_ptr<T> add(const std::string& name, std::shared_ptr<T> child) {
    return register_module(name, std::move(child));
  }
};

}  // namespace

Linear::Linear(int64_t in, int64_t out) {
  const double bound = 1.0 / std::sqrt(static_cast<double>(in));
  weight = register_parameter("weight", uniform({out, in}, bound));
  bias = register_parameter("bias", uniform({out}, bound));
}

at::Tensor Linear::forward(const at::Tensor& x) const { return at::linear(x, weight, bias); }

LayerNorm::LayerNorm(int64_t width) {
  weight = register_parameter("weight", at::ones({width}));
  bias = register_parameter("bias", at::zeros({width}));
}

at::Tensor LayerNorm::forward(const at::Tensor& x) const {
  return at::layer_norm(x, {weight.size(0)}, weight, bias, kNormEps);
}

GroupNorm::GroupNorm(int64_t groups, int64_t channels) : groups_(groups) {
  weight = register_parameter("weight", at::ones({channels}));
  bias = register_parameter("bias", at::zeros({channels}));
}

at::Tensor GroupNorm::forward(const at::Tensor& x) const {
  return at::group_norm(x, groups_, weight, bias, kNormEps);
}

Embedding::Embedding(int64_t count, int64_t width) {
  weight = register_parameter("weight", at::randn({count, width}));
}

Mlp::Mlp(int64_t in, int64_t hidden, int64_t out, int64_t layers)
    : layers_(register_module("layers", std::make_shared<ModuleList<Linear>>())) {
  for (int64_t i = 0; i < layers; ++i) {
    layers_->emplace(i == 0 ? in : hidden, i + 1 == layers ? out : hidden);
  }
}

at::Tensor Mlp::forward(at::Tensor x) {
  for (size_t i = 0; i < layers_->size(); ++i) {
    x = (*layers_)[i].forward(x);
    if (i + 1 < layers_->size()) x = at::relu(x);
  }
  return x;
}

FeedForward::FeedForward(int64_t width, int64_t hidden) {
  auto layers = register_module("layers", std::make_shared<Container>());
  expand_ =
      layers->add("0", std::make_shared<Container>())->add("0", std::make_shared<Linear>(width, hidden));
  project_ = layers->add("1", std::make_shared<Linear>(hidden, width));
}

at::Tensor FeedForward::forward(const at::Tensor& x) const {
  return x + project_->forward(at::relu(expand_->forward(x)));
}

void xavier_uniform_(at::Tensor& weight) {
  at::NoGradGuard no_grad;
  const double receptive =
      static_cast<double>(weight.numel()) / static_cast<double>(weight.size(0) * weight.size(1));
  const double fans = static_cast<double>(weight.size(0) + weight.size(1)) * receptive;
  const double bound = std::sqrt(6.0 / fans);
  weight.uniform_(-bound, bound);
}

}  // namespace focus::nn
