// Plain layers with the parameter names of PyTorch: Linear, LayerNorm, GroupNorm, Embedding, MLP,
// feed-forward network.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <memory>

#include "nn/activation.h"
#include "nn/initialise.h"
#include "nn/module_list.h"
#include "nn/prepare.h"
#include "ops/packed/packed_linear.h"

namespace focus::nn {

/// activation(x W^T + bias + addend) over the last dimension, with gradients and weights that are not packed.
/// @param x       (..., in)
/// @param weight  (out, in)
/// @param bias    (out), or undefined
/// @param addend  (..., out), or undefined
at::Tensor linear_plainly(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                          const at::Tensor& addend = {}, Activation activation = Activation::kNone);

/// y = activation(x W^T + b + addend) over the last dimension, where b is optional. Initialised like
/// torch.nn.Linear. Prepared for bfloat16, a layer with ReLU returns bfloat16, because only other linear
/// layers read its output.
class Linear : public torch::nn::Module, public Preparable {
 public:
  Linear(int64_t in, int64_t out, Activation activation = Activation::kNone, bool with_bias = true);

  /// (..., in) -> (..., out)
  /// @param addend undefined, or of the output's shape
  at::Tensor forward(const at::Tensor& x, const at::Tensor& addend = {}) const;

  void prepare(const LayerPreparation& how) override;
  void train(bool on = true) override;

  /// Keeps the layer out of int8: scores and coordinates need more than eight bits.
  void never_quantise() { never_quantised_ = true; }
  /// Says that inputs are never negative, which gives them twice the steps in int8.
  void reads_nonnegative() { reads_nonnegative_ = true; }
  /// The prepared layer in eight bits; null if there is none, or it must not be used now (Packed::usable).
  const ops::QuantisedLinear* quantised() const;

  at::Tensor weight;  ///< (out, in)
  at::Tensor bias;    ///< (out), or undefined

 private:
  Activation activation_;
  bool never_quantised_ = false, reads_nonnegative_ = false;
  Packed<ops::PackedLinear> packed_;
};

inline constexpr double kNormEps = 1e-5;

/// Normalises the last dimension to zero mean and unit variance, then scales and shifts.
class LayerNorm : public torch::nn::Module {
 public:
  /// @param eps added to the variance
  explicit LayerNorm(int64_t width, double eps = kNormEps);
  at::Tensor forward(const at::Tensor& x) const;

  double eps() const { return eps_; }

  at::Tensor weight;
  at::Tensor bias;

 private:
  double eps_;
};

/// Group normalisation of (B, C, H, W) (eps 1e-5), in inference also of a blocked feature map. In inference
/// on the CPU the result is channels last, from which tokens are made without a copy.
class GroupNorm : public torch::nn::Module {
 public:
  GroupNorm(int64_t groups, int64_t channels);
  at::Tensor forward(const at::Tensor& x) const;

  int64_t groups() const { return groups_; }

  at::Tensor weight;
  at::Tensor bias;

 private:
  int64_t groups_;
};

/// A table of `count` learned vectors.
class Embedding : public torch::nn::Module {
 public:
  Embedding(int64_t count, int64_t width);

  at::Tensor weight;  ///< (count, width)
};

/// Linear layers with ReLU between them: "layers.0", "layers.1", ...
class Mlp : public torch::nn::Module {
 public:
  Mlp(int64_t in, int64_t hidden, int64_t out, int64_t layers);
  at::Tensor forward(at::Tensor x);

  Linear& last() { return (*layers_)[layers_->size() - 1]; }

 private:
  std::shared_ptr<ModuleList<Linear>> layers_;
};

/// x + W2 relu(W1 x), with biases: the feed-forward network of a transformer layer, including the residual.
class FeedForward : public torch::nn::Module {
 public:
  FeedForward(int64_t width, int64_t hidden);
  at::Tensor forward(const at::Tensor& x) const;

 private:
  std::shared_ptr<Linear> expand_;
  std::shared_ptr<Linear> project_;
};

}  // namespace focus::nn
