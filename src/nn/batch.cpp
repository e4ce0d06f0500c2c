#include "nn/batch.h"

namespace focus::nn {

ImageBatch moved(const ImageBatch& batch, const at::Device& device) {
  return {batch.images.to(device, /*non_blocking=*/true),
          batch.padding_mask.to(device, /*non_blocking=*/true), batch.sizes};
}

at::Tensor padding_mask_of(const std::vector<ImageSize>& sizes, int64_t height, int64_t width) {
  auto mask = at::ones({static_cast<int64_t>(sizes.size()), height, width}, at::kBool);
  for (size_t i = 0; i < sizes.size(); ++i) {
    mask[static_cast<int64_t>(i)].slice(0, 0, sizes[i].height).slice(1, 0, sizes[i].width).fill_(false);
  }
  return mask;
}

}  // namespace focus::nn
