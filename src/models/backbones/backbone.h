// The network that extracts an image's features.
#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <vector>

#include "models/options.h"

namespace focus::models {

/// A network that yields features at strides BackboneOptions::finest_stride to 32.
class Backbone : public torch::nn::Module {
 public:
  /// @param images (B, 3, H, W), normalised
  /// @return fine to coarse, one per stride: (B, channels()[i], H / stride rounded up, W likewise)
  virtual std::vector<at::Tensor> forward(const at::Tensor& images) = 0;

  /// Channels of each feature, fine to coarse.
  virtual std::vector<int64_t> channels() const = 0;
};

/// Builds the backbone that the options name (backbone_family.h). Throws UsageError that lists the names if
/// there is none of that name.
std::shared_ptr<Backbone> make_backbone(const BackboneOptions& options);

/// Excludes a part's weights from training.
void freeze(torch::nn::Module& part);

}  // namespace focus::models
