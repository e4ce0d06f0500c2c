// What encoder and decoder layers have in common: their parts, under the names of the reference.
#pragma once

#include <torch/nn/module.h>

#include <memory>

#include "models/options.h"
#include "nn/attention.h"
#include "nn/layers.h"
#include "nn/module_list.h"

namespace focus::models {

/// Owns attentions ("attentions.0", ...), a feed-forward network ("ffns.0") and layer normalisations
/// ("norms.0", ...). The derived layer decides in which order they run.
class TransformerLayer : public torch::nn::Module {
 protected:
  TransformerLayer(const TransformerOptions& options, int64_t norms)
      : feedforward_(std::make_shared<nn::FeedForward>(options.width, options.feedforward_width)),
        attentions_(register_module("attentions", std::make_shared<nn::ModuleList<torch::nn::Module>>())),
        norms_(std::make_shared<nn::ModuleList<nn::LayerNorm>>()) {
    register_module("ffns", std::make_shared<nn::ModuleList<nn::FeedForward>>())->append(feedforward_);
    register_module("norms", norms_);
    for (int64_t i = 0; i < norms; ++i) norms_->emplace(options.width);
  }

  /// Registers the next attention.
  template <typename Attention>
  std::shared_ptr<Attention> add_attention(std::shared_ptr<Attention> attention) {
    attentions_->append(attention);
    return attention;
  }
  std::shared_ptr<nn::SelfAttention> add_self_attention(const TransformerOptions& o) {
    return add_attention(std::make_shared<nn::SelfAttention>(o.width, o.heads));
  }
  std::shared_ptr<nn::DeformableAttention> add_deformable_attention(const TransformerOptions& o) {
    return add_attention(std::make_shared<nn::DeformableAttention>(o.width, o.heads, o.levels, o.points));
  }

  at::Tensor norm(size_t i, const at::Tensor& x) const { return (*norms_)[i].forward(x); }

  std::shared_ptr<nn::FeedForward> feedforward_;

 private:
  std::shared_ptr<nn::ModuleList<torch::nn::Module>> attentions_;
  std::shared_ptr<nn::ModuleList<nn::LayerNorm>> norms_;
};

}  // namespace focus::models
