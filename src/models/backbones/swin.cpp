#include "models/backbones/swin.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/profile.h"
#include "nn/macs.h"
#include "nn/module_list.h"
#include "nn/recompute.h"

namespace focus::models {
namespace {

struct SwinShape {
  const char* name;
  int64_t width;  ///< Of the first stage; each next one has twice as much.
  std::array<int64_t, 4> blocks;
  int64_t heads;  ///< Likewise.
  int64_t window;
};

constexpr SwinShape kSwins[] = {
    {"swin_t", 96, {2, 2, 6, 2}, 3, 7},        {"swin_s", 96, {2, 2, 18, 2}, 3, 7},
    {"swin_b", 128, {2, 2, 18, 2}, 4, 7},      {"swin_l", 192, {2, 2, 18, 2}, 6, 7},
    {"swin_b_w12", 128, {2, 2, 18, 2}, 4, 12}, {"swin_l_w12", 192, {2, 2, 18, 2}, 6, 12}};

const SwinShape* find_swin(const std::string& name) {
  const auto* found = std::find_if(std::begin(kSwins), std::end(kSwins),
                                   [&](const SwinShape& shape) { return name == shape.name; });
  return found == std::end(kSwins) ? nullptr : found;
}

void freeze_weights(torch::nn::Module& module) {
  for (auto& parameter : module.parameters()) parameter.set_requires_grad(false);
}

/// Leaves out a residual branch of some images of a batch, in training only (Huang et al. 2016, "Deep
/// Networks with Stochastic Depth"); what stays is scaled so that its mean does not change.
at::Tensor drop_path(const at::Tensor& branch, double chance, bool training) {
  if (!training || chance <= 0) return branch;
  // Drawn on the CPU, whose generator's state is in checkpoints.
  const auto kept = at::rand({branch.size(0), 1, 1, 1}).ge(chance).to(branch.options());
  return branch * (kept / (1 - chance));
}

}  // namespace

bool is_swin(const std::string& name) { return find_swin(name) != nullptr; }

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
      : projection_(register_module("proj", std::make_shared<Projection>(width))) {
    norm_ = register_module("norm", std::make_shared<nn::LayerNorm>(width));
  }

  /// (B, 3, H, W) -> (B, ceil(H / 4), ceil(W / 4), width)
  at::Tensor forward(const at::Tensor& images) const {
    const auto missing = [](int64_t size) { return (kPatch - size % kPatch) % kPatch; };
    const auto whole = at::constant_pad_nd(images, {0, missing(images.size(3)), 0, missing(images.size(2))});
    const auto y =
        nn::counted(at::conv2d(whole, projection_->weight, projection_->bias, kPatch), projection_->weight);
    return norm_->forward(y.permute({0, 2, 3, 1}).contiguous());
  }

 private:
  static constexpr int64_t kPatch = 4;

  struct Projection : torch::nn::Module {
    explicit Projection(int64_t width) {
      weight = register_parameter("weight", nn::normal_weights({width, 3, kPatch, kPatch}, 0.02));
      bias = register_parameter("bias", at::zeros({width}));
    }
    at::Tensor weight, bias;
  };

  std::shared_ptr<Projection> projection_;
  std::shared_ptr<nn::LayerNorm> norm_;
};

class SwinTransformer::Stage : public torch::nn::Module {
 public:
  /// @param dropped chance of each block's branches to be left out in training
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

SwinTransformer::SwinTransformer(const BackboneOptions& options) {
  const SwinShape* shape = find_swin(options.name);
  if (shape == nullptr) fail_usage("backbone '{}' is not a Swin Transformer", options.name);
  patch_embed_ = register_module("patch_embed", std::make_shared<PatchEmbedding>(shape->width));
  if (options.frozen_stages >= 1) freeze_weights(*patch_embed_);

  int64_t all_blocks = 0;
  for (const int64_t blocks : shape->blocks) all_blocks += blocks;
  auto layers = register_module("layers", std::make_shared<nn::ModuleList<Stage>>());
  int64_t block = 0;
  for (size_t stage = 0; stage < shape->blocks.size(); ++stage) {
    std::vector<double> dropped;
    for (int64_t i = 0; i < shape->blocks[stage]; ++i, ++block) {
      dropped.push_back(options.drop_path * static_cast<double>(block) / static_cast<double>(all_blocks - 1));
    }
    stages_.push_back(std::make_shared<Stage>(shape->width << stage, shape->heads << stage, shape->window,
                                              dropped, stage + 1 < shape->blocks.size()));
    layers->append(stages_.back());
    if (options.frozen_stages >= static_cast<int64_t>(stage) + 2) freeze_weights(*stages_.back());
  }
  first_feature_ = stages_.size() - static_cast<size_t>(options.features());
  for (size_t stage = first_feature_; stage < stages_.size(); ++stage) {
    channels_.push_back(shape->width << stage);
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
      // Channels-last, as the neck's convolutions like it.
      features.push_back(norms_[stage - first_feature_]->forward(x).permute({0, 3, 1, 2}));
    }
    if (stage + 1 < stages_.size()) x = stages_[stage]->merged(x);
  }
  return features;
}

}  // namespace focus::models
