// Channel mapper: makes levels of one width from backbone features of different widths.
#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <vector>

#include "nn/module_list.h"

namespace focus::models {

/// 1x1 convolutions of the backbone's features, then 3x3 stride-2 convolutions for coarser levels (the first
/// of them of the backbone's last feature), each with group normalisation.
class Neck : public torch::nn::Module {
 public:
  Neck(const std::vector<int64_t>& in_channels, int64_t width, int64_t levels);

  /// @return `levels` tensors (B, width, h, w), fine to coarse
  std::vector<at::Tensor> forward(const std::vector<at::Tensor>& features);

 private:
  class Level;
  std::vector<std::shared_ptr<Level>> convs_, extra_convs_;
};

}  // namespace focus::models
