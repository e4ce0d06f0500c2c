// The model of the golden files: the paper's, with weights made from their names.
#pragma once

#include "models/checkpoints/state_dict.h"
#include "models/detector.h"
#include "support/deterministic.h"

namespace focus::test {

/// Fills every parameter and buffer from its name.
inline void fill_deterministic(torch::nn::Module& module, const std::string& prefix = "") {
  at::NoGradGuard no_grad;
  for (auto& [name, tensor] : models::state_dict(module))
    tensor.copy_(parameter(prefix + name, tensor.sizes()));
}

/// Normalised images in the top left corner of one padded tensor.
inline nn::ImageBatch batch_of(const std::vector<at::Tensor>& images) {
  int64_t height = 0, width = 0;
  nn::ImageBatch batch;
  for (const auto& image : images) {
    batch.sizes.push_back({image.size(1), image.size(2)});
    height = std::max(height, image.size(1));
    width = std::max(width, image.size(2));
  }
  const auto mean = at::tensor({123.675f, 116.280f, 103.530f}).view({3, 1, 1});
  const auto std = at::tensor({58.395f, 57.120f, 57.375f}).view({3, 1, 1});
  batch.images = at::zeros({static_cast<int64_t>(images.size()), 3, height, width});
  for (size_t i = 0; i < images.size(); ++i) {
    batch.images[static_cast<int64_t>(i)]
        .slice(1, 0, batch.sizes[i].height)
        .slice(2, 0, batch.sizes[i].width)
        .copy_((images[i].to(at::kFloat) - mean) / std);
  }
  batch.padding_mask = nn::padding_mask_of(batch.sizes, height, width);
  return batch;
}

}  // namespace focus::test
