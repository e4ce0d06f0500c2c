// ResNet-18, 34, 50 and 101 (He et al. 2016) with the parameter names of detectron2 and the stride in the 3x3
// convolution.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "models/backbones/backbone.h"

namespace focus::models {

/// The depth of a ResNet.
struct ResNetShape {
  std::array<int64_t, 4> blocks;  ///< Of each stage.
  bool bottleneck;                ///< Blocks of 1x1, 3x3 and 1x1 convolutions; else two of 3x3.
};

class ResNet : public Backbone {
 public:
  ResNet(const ResNetShape& shape, const BackboneOptions& options);

  std::vector<at::Tensor> forward(const at::Tensor& images) override;
  std::vector<int64_t> channels() const override { return channels_; }

 private:
  class Block;
  class BasicBlock;
  class BottleneckBlock;
  class Stem;

  std::shared_ptr<Stem> stem_;
  std::vector<std::vector<std::shared_ptr<Block>>> stages_;
  size_t first_stage_;  ///< The first stage whose output is a feature.
  std::vector<int64_t> channels_;
};

}  // namespace focus::models
