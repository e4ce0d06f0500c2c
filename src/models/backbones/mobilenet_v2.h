// MobileNetV2 (Sandler et al. 2018) with the parameter names of torchvision.
#pragma once

#include "models/backbones/backbone.h"

namespace focus::models {

class MobileNetV2 : public Backbone {
 public:
  explicit MobileNetV2(const BackboneOptions& options);

  std::vector<at::Tensor> forward(const at::Tensor& images) override;
  std::vector<int64_t> channels() const override;

 private:
  class Feature;
  std::vector<std::shared_ptr<Feature>> features_;
  size_t first_tap_;  ///< Index of the first tap (kTaps) whose output is a feature.
};

}  // namespace focus::models
