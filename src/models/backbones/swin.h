// Swin Transformer (Liu et al. 2021, "Hierarchical Vision Transformer using Shifted Windows") as a backbone,
// with the parameter names of its authors and of detrex.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "models/backbones/backbone.h"
#include "models/backbones/window_attention.h"
#include "nn/layers.h"

namespace focus::models {

struct SwinShape {
  int64_t width;  ///< Channels of the first stage; each later stage has twice as many as the one before.
  std::array<int64_t, 4> blocks;
  int64_t heads;   ///< Of the first stage; doubled likewise.
  int64_t window;  ///< Tokens along a window's side.
};

class SwinTransformer : public Backbone {
 public:
  SwinTransformer(const SwinShape& shape, const BackboneOptions& options);

  std::vector<at::Tensor> forward(const at::Tensor& images) override;
  std::vector<int64_t> channels() const override { return channels_; }

 private:
  class Block;
  class Mlp;
  class PatchEmbedding;
  class PatchMerging;
  class Stage;

  std::shared_ptr<PatchEmbedding> patch_embed_;
  std::vector<std::shared_ptr<Stage>> stages_;
  std::vector<std::shared_ptr<nn::LayerNorm>> norms_;  ///< Of the stages that yield a feature.
  size_t first_feature_;                               ///< The first such stage.
  std::vector<int64_t> channels_;
};

}  // namespace focus::models
