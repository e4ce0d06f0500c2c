// The model of the golden files: the paper's, with weights made from their names.
#pragma once

#include "models/detector.h"
#include "models/checkpoints/state_dict.h"
#include "support/deterministic.h"

namespace focus::test {

/// Fills every parameter and buffer from its name.
inline void fill_deterministic(torch::nn::Module& module, const std::string& prefix = "") {
  at::NoGradGuard no_grad;
  for (auto& [name, tensor] : models::state_dict(module))
    tensor.copy_(parameter(prefix + name, tensor.sizes()));
}

/// Normalised pictures in the top left corner of one padded tensor.
inline nn::ImageBatch batch_of(const std::vector<at::Tensor>& pictures) {
  int64_t height = 0, width = 0;
  nn::ImageBatch batch;
  for (const auto& picture : pictures) {
    batch.sizes.push_back({picture.size(1), picture.size(2)});
    height = std::max(height, picture.size(1));
    width = std::max(width, picture.size(2));
  }
  const auto mean = at::tensor({123.675f, 116.280f, 103.530f}).view({3, 1, 1});
  const auto std = at::tensor({58.395f, 57.120f, 57.375f}).view({3, 1, 1});
  batch.images = at::zeros({static_cast<int64_t>(pictures.size()), 3, height, width});
  for (size_t i = 0; i < pictures.size(); ++i) {
    batch.images[static_cast<int64_t>(i)]
        .slice(1, 0, batch.sizes[i].height)
        .slice(2, 0, batch.sizes[i].width)
        .copy_((pictures[i].to(at::kFloat) - mean) / std);
  }
  batch.padding_mask = nn::padding_mask_of(batch.sizes, height, width);
  return batch;
}

}  // namespace focus::test
