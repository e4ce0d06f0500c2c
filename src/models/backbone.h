// What a picture's features come from.
#pragma once

#include <torch/nn/module.h>

#include <array>
#include <memory>
#include <vector>

#include "models/options.h"

namespace focus::models {

/// A convolutional network that yields features at strides 8, 16 and 32.
class Backbone : public torch::nn::Module {
 public:
  /// @param images (B, 3, H, W), normalised
  /// @return three tensors (B, channels()[i], H / 8, 16, 32 rounded up, W likewise)
  virtual std::vector<at::Tensor> forward(const at::Tensor& images) = 0;

  virtual std::array<int64_t, 3> channels() const = 0;
};

/// Builds the backbone the options name.
std::shared_ptr<Backbone> make_backbone(const BackboneOptions& options);

}  // namespace focus::models
