// MobileNetV2 (Sandler et al. 2018) with the parameter names of torchvision.
#pragma once

#include "models/backbone.h"

namespace focus::models {

class MobileNetV2 : public Backbone {
 public:
  explicit MobileNetV2(const BackboneOptions& options);

  std::vector<at::Tensor> forward(const at::Tensor& images) override;
  std::array<int64_t, 3> channels() const override { return {32, 96, 1280}; }

 private:
  class Feature;
  std::vector<std::shared_ptr<Feature>> features_;
};

}  // namespace focus::models
