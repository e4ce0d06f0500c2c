#include "nn/layers.h"

#include <cmath>

#include "base/profile.h"
#include "nn/autocast.h"
#include "nn/macs.h"
#include "nn/own_kernels.h"
#include "nn/reference_path.h"
#include "ops/packed/group_norm.h"
#include "ops/packed/linear_autograd.h"

namespace focus::nn {
namespace {

/// A module that only holds children, so that names have the same levels as in the reference's containers.
class Container : public torch::nn::Module {
 public:
  template <typename T>
  std::shared_ptr<T> add(const std::string& name, std::shared_ptr<T> child) {
    return register_module(name, std::move(child));
  }
};

}  // namespace

at::Tensor linear_plainly(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                          const at::Tensor& addend, Activation activation) {
  if (runs_own_kernels(x) && ops::linear_suits(x, weight)) {
    const Activation inside = taken_inside(activation);
    const auto y = ops::linear(x, weight, bias, addend, inside);
    return inside == activation ? y : activate(y, activation);
  }
  const auto y = at::linear(x, weight, bias);
  return activate(addend.defined() ? y + addend : y, activation);
}

Linear::Linear(int64_t in, int64_t out, Activation activation, bool with_bias) : activation_(activation) {
  const double bound = 1.0 / std::sqrt(static_cast<double>(in));
  weight = register_parameter("weight", uniform_weights({out, in}, bound));
  if (with_bias) bias = register_parameter("bias", uniform_weights({out}, bound));
}

at::Tensor Linear::forward(const at::Tensor& x, const at::Tensor& addend) const {
  if (const auto* packed = packed_.usable()) return counted(packed->run(x, addend), weight);
  return counted(linear_plainly(x, weight, bias, addend, activation_), weight);
}

void Linear::prepare(const LayerPreparation& how) {
  const auto precision = never_quantised_ ? how.of_scores() : how.of_linear(weight.size(1), weight.size(0));
  packed_.emplace(weight, bias,
                  ops::LinearOptions{.activation = activation_,
                                     .precision = precision,
                                     .float_output = activation_ != Activation::kRelu,
                                     .nonnegative = reads_nonnegative_});
}

const ops::QuantisedLinear* Linear::quantised() const {
  const auto* packed = packed_.usable();
  return packed ? packed->quantised() : nullptr;
}

void Linear::train(bool on) {
  if (on) packed_.reset();
  torch::nn::Module::train(on);
}

LayerNorm::LayerNorm(int64_t width, double eps) : eps_(eps) {
  weight = register_parameter("weight", at::ones({width}));
  bias = register_parameter("bias", at::zeros({width}));
}

at::Tensor LayerNorm::forward(const at::Tensor& x) const {
  return at::layer_norm(at_least_float32(x), {weight.size(0)}, weight, bias, eps_);
}

GroupNorm::GroupNorm(int64_t groups, int64_t channels) : groups_(groups) {
  weight = register_parameter("weight", at::ones({channels}));
  bias = register_parameter("bias", at::zeros({channels}));
}

at::Tensor GroupNorm::forward(const at::Tensor& x) const {
  const bool plain = at::GradMode::is_enabled() || ReferencePath::active();
  if (!plain && x.scalar_type() == at::kFloat && x.device().is_cpu()) {
    return ops::group_norm_channels_last(x, groups_, weight, bias, kNormEps);
  }
  return at::group_norm(at_least_float32(x).contiguous(), groups_, weight, bias, kNormEps);
}

Embedding::Embedding(int64_t count, int64_t width) {
  weight = register_parameter("weight", normal_weights({count, width}, 1.0));
}

Mlp::Mlp(int64_t in, int64_t hidden, int64_t out, int64_t layers)
    : layers_(register_module("layers", std::make_shared<ModuleList<Linear>>())) {
  for (int64_t i = 0; i < layers; ++i) {
    const bool last = i + 1 == layers;
    auto& layer = layers_->emplace(i == 0 ? in : hidden, last ? out : hidden,
                                   last ? Activation::kNone : Activation::kRelu);
    if (i > 0) layer.reads_nonnegative();
  }
}

at::Tensor Mlp::forward(at::Tensor x) {
  for (const auto& layer : *layers_) x = layer->forward(x);
  return x;
}

FeedForward::FeedForward(int64_t width, int64_t hidden) {
  auto layers = register_module("layers", std::make_shared<Container>());
  expand_ = layers->add("0", std::make_shared<Container>())
                ->add("0", std::make_shared<Linear>(width, hidden, Activation::kRelu));
  project_ = layers->add("1", std::make_shared<Linear>(hidden, width));
  project_->reads_nonnegative();
}

at::Tensor FeedForward::forward(const at::Tensor& x) const {
  const ProfileScope span("feedforward");
  const auto *expand = expand_->quantised(), *project = project_->quantised();
  if (expand && project) {
    count_macs(x.numel() * (expand_->weight.size(0) + project_->weight.size(1)));
    return ops::quantised_feed_forward(*expand, *project, x);
  }
  return project_->forward(expand_->forward(x), x);
}

}  // namespace focus::nn
