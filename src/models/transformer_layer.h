// What encoder and decoder layers have in common: their parts, under the names of the reference.
#pragma once

#include <torch/nn/module.h>

#include <memory>

#include "models/options.h"
#include "nn/attention.h"
#include "nn/layers.h"
#include "nn/module_list.h"

namespace focus::models {

/// Owns a self-attention ("attentions.0"), a deformable attention ("attentions.1"), a feed-forward network
/// ("ffns.0") and layer normalisations ("norms.0", ...). What happens in which order is for the derived layer
/// to say.
class TransformerLayer : public torch::nn::Module {
 protected:
  TransformerLayer(const TransformerOptions& options, int64_t norms)
      : self_attention_(std::make_shared<nn::SelfAttention>(options.width, options.heads)),
        deformable_attention_(std::make_shared<nn::DeformableAttention>(options.width, options.heads,
                                                                        options.levels, options.points)),
        feedforward_(std::make_shared<nn::FeedForward>(options.width, options.feedforward_width)),
        norms_(std::make_shared<nn::ModuleList<nn::LayerNorm>>()) {
    auto attentions = register_module("attentions", std::make_shared<nn::ModuleList<torch::nn::Module>>());
    attentions->append(self_attention_);
    attentions->append(deformable_attention_);
    register_module("ffns", std::make_shared<nn::ModuleList<nn::FeedForward>>())->append(feedforward_);
    register_module("norms", norms_);
    for (int64_t i = 0; i < norms; ++i) norms_->emplace(options.width);
  }

  at::Tensor norm(size_t i, const at::Tensor& x) const { return (*norms_)[i].forward(x); }

  std::shared_ptr<nn::SelfAttention> self_attention_;
  std::shared_ptr<nn::DeformableAttention> deformable_attention_;
  std::shared_ptr<nn::FeedForward> feedforward_;

 private:
  std::shared_ptr<nn::ModuleList<nn::LayerNorm>> norms_;
};

}  // namespace focus::models
