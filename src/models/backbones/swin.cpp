#include "models/backbones/swin.h"

#include <ATen/ATen.h>

#include "base/profile.h"
#include "models/backbones/drop_path.h"
#include "models/backbones/patch_convolution.h"
#include "nn/module_list.h"
#include "nn/recompute.h"

namespace focus::models {

/// The two layers of a block's feed-forward network.
class SwinTransformer::Mlp : public torch::nn::Module {
 public:
  explicit Mlp(int64_t width)
      : fc1_(register_module("fc1", std::make_shared<nn::Linear>(width, 4 * width, nn::Activation::kGelu))),
        fc2_(register_module("fc2", std::make_shared<nn::Linear>(4 * width, width))) {}
  at::Tensor forward(const at::Tensor& x) const { return fc2_->forward(fc1_->forward(x)); }

 private:
  std::shared_ptr<nn::Linear> fc1_, fc2_;
};

class SwinTransformer::Block : public torch::nn::Module {
 public:
  Block(int64_t width, int64_t heads, int64_t window, int64_t shift, double dropped)
      : norm1_(register_module("norm1", std::make_shared<nn::LayerNorm>(width))),
        attn_(register_module("attn", std::make_shared<WindowAttention>(width, heads, window, shift))),
        norm2_(register_module("norm2", std::make_shared<nn::LayerNorm>(width))),
        mlp_(register_module("mlp", std::make_shared<Mlp>(width))),
        dropped_(dropped) {}

  /// (B, H, W, width) -> the same.
  at::Tensor forward(const at::Tensor& x) {
    const auto y = x + drop_path(attn_->forward(norm1_->forward(x)), dropped_, is_training());
    return y + drop_path(mlp_->forward(norm2_->forward(y)), dropped_, is_training());
  }

 private:
  std::shared_ptr<nn::LayerNorm> norm1_;
  std::shared_ptr<WindowAttention> attn_;
  std::shared_ptr<nn::LayerNorm> norm2_;
  std::shared_ptr<Mlp> mlp_;
  double dropped_;
};

/// Four neighbours become one token of twice the width.
class SwinTransformer::PatchMerging : public torch::nn::Module {
 public:
  explicit PatchMerging(int64_t width)
      : norm_(register_module("norm", std::make_shared<nn::LayerNorm>(4 * width))),
        reduction_(register_module(
            "reduction", std::make_shared<nn::Linear>(4 * width, 2 * width, nn::Activation::kNone, false))) {}

  /// (B, H, W, width) -> (B, ceil(H / 2), ceil(W / 2), 2 width)
  at::Tensor forward(const at::Tensor& x) const {
    const auto even = at::constant_pad_nd(x, {0, 0, 0, x.size(2) % 2, 0, x.size(1) % 2});
    const auto every = [&](int64_t row, int64_t column) {
      return even.slice(1, row, even.size(1), 2).slice(2, column, even.size(2), 2);
    };
    return reduction_->forward(
        norm_->forward(at::cat({every(0, 0), every(1, 0), every(0, 1), every(1, 1)}, -1)));
  }

 private:
  std::shared_ptr<nn::LayerNorm> norm_;
  std::shared_ptr<nn::Linear> reduction_;
};

/// Patches of 4 x 4 pixels become tokens.
class SwinTransformer::PatchEmbedding : public torch::nn::Module {
 public:
  explicit PatchEmbedding(int64_t width)
      : projection_(register_module("proj", std::make_shared<PatchConvolution>(3, width, 4))),
        norm_(register_module("norm", std::make_shared<nn::LayerNorm>(width))) {}

  /// (B, 3, H, W) -> (B, ceil(H / 4), ceil(W / 4), width)
  at::Tensor forward(const at::Tensor& images) const {
    return norm_->forward(projection_->forward(images).permute({0, 2, 3, 1}).contiguous());
  }

 private:
  std::shared_ptr<PatchConvolution> projection_;
  std::shared_ptr<nn::LayerNorm> norm_;
};

class SwinTransformer::Stage : public torch::nn::Module {
 public:
  /// @param dropped probability that training drops a branch, for each block
  Stage(int64_t width, int64_t heads, int64_t window, const std::vector<double>& dropped, bool merges) {
    auto list = register_module("blocks", std::make_shared<nn::ModuleList<Block>>());
    for (size_t i = 0; i < dropped.size(); ++i) {
      const int64_t shift = i % 2 == 0 ? 0 : window / 2;
      blocks_.push_back(std::make_shared<Block>(width, heads, window, shift, dropped[i]));
      list->append(blocks_.back());
    }
    if (merges) downsample_ = register_module("downsample", std::make_shared<PatchMerging>(width));
  }

  at::Tensor forward(at::Tensor x) {
    for (auto& block : blocks_) {
      x = nn::recomputed([&block = *block](at::TensorList in) { return block.forward(in[0]); }, {x});
    }
    return x;
  }
  /// What the next stage reads.
  at::Tensor merged(const at::Tensor& x) const { return downsample_ ? downsample_->forward(x) : x; }

 private:
  std::vector<std::shared_ptr<Block>> blocks_;
  std::shared_ptr<PatchMerging> downsample_;
};

SwinTransformer::SwinTransformer(const SwinShape& shape, const BackboneOptions& options) {
  patch_embed_ = register_module("patch_embed", std::make_shared<PatchEmbedding>(shape.width));
  if (options.frozen_stages >= 1) freeze(*patch_embed_);

  auto layers = register_module("layers", std::make_shared<nn::ModuleList<Stage>>());
  const auto dropped = drop_chances(options.drop_path, shape.blocks);
  for (size_t stage = 0; stage < shape.blocks.size(); ++stage) {
    stages_.push_back(std::make_shared<Stage>(shape.width << stage, shape.heads << stage, shape.window,
                                              dropped[stage], stage + 1 < shape.blocks.size()));
    layers->append(stages_.back());
    if (options.frozen_stages >= static_cast<int64_t>(stage) + 2) freeze(*stages_.back());
  }
  first_feature_ = stages_.size() - static_cast<size_t>(options.features());
  for (size_t stage = first_feature_; stage < stages_.size(); ++stage) {
    channels_.push_back(shape.width << stage);
    norms_.push_back(
        register_module("norm" + std::to_string(stage), std::make_shared<nn::LayerNorm>(channels_.back())));
  }
}

std::vector<at::Tensor> SwinTransformer::forward(const at::Tensor& images) {
  auto x = patch_embed_->forward(images);
  std::vector<at::Tensor> features;
  for (size_t stage = 0; stage < stages_.size(); ++stage) {
    const ProfileScope span("stage", static_cast<int64_t>(stage));
    x = stages_[stage]->forward(x);
    if (stage >= first_feature_) {
      // Channels last, on which the neck's convolutions are fastest.
      features.push_back(norms_[stage - first_feature_]->forward(x).permute({0, 3, 1, 2}));
    }
    if (stage + 1 < stages_.size()) x = stages_[stage]->merged(x);
  }
  return features;
}

}  // namespace focus::models
