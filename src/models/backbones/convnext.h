// ConvNeXt (Liu et al. 2022, "A ConvNet for the 2020s") as a backbone, with the parameter names of its
// authors and of detrex.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "models/backbones/backbone.h"
#include "nn/layers.h"

namespace focus::models {

struct ConvNeXtShape {
  int64_t width;  ///< Channels of the first stage; each later stage has twice as many as the one before.
  std::array<int64_t, 4> blocks;
};

/// Each stage that yields a feature has a norm of its own for it, as in the detectors of its authors and of
/// detrex: blocks are residual, so the scale of a stage's output is not bounded. Classifier files lack these
/// norms; they start as the identity.
class ConvNeXt : public Backbone {
 public:
  ConvNeXt(const ConvNeXtShape& shape, const BackboneOptions& options);

  std::vector<at::Tensor> forward(const at::Tensor& images) override;
  std::vector<int64_t> channels() const override { return channels_; }

 private:
  class Block;
  class Downsampling;
  using Stage = nn::ModuleList<Block>;

  std::vector<std::shared_ptr<Downsampling>> downsamplings_;  ///< Before each stage; the first is the stem.
  std::vector<std::shared_ptr<Stage>> stages_;
  std::vector<std::shared_ptr<nn::LayerNorm>> norms_;  ///< Of the stages that yield a feature.
  size_t first_feature_;                               ///< The first such stage.
  std::vector<int64_t> channels_;
};

}  // namespace focus::models
