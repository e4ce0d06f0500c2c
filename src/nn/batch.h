// The types that detectors, losses and data sets share: batches of images and their targets.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

namespace focus::nn {

/// Height and width in pixels (of an image) or in tokens (of a feature level).
struct ImageSize {
  int64_t height = 0;
  int64_t width = 0;
  bool operator==(const ImageSize&) const = default;
};

/// Images of different sizes, each in the top left corner of one padded tensor.
struct ImageBatch {
  at::Tensor images;  ///< (B, 3, H, W) float32, normalised by mean and standard deviation; padding is 0.
  at::Tensor padding_mask;       ///< (B, H, W) bool, true = padding.
  std::vector<ImageSize> sizes;  ///< Size of each image without padding.
};

/// The objects of one image.
struct Target {
  at::Tensor labels;  ///< (N) int64, 0 .. classes-1.
  at::Tensor
      boxes;       ///< (N, 4) float32, centre x, centre y, width, height, as fractions of the unpadded image.
  ImageSize size;  ///< Size of the model's input image, without padding.
};

/// The batch on `device`; shares the tensors if they are there already.
ImageBatch moved(const ImageBatch& batch, const at::Device& device);

/// The padding mask of images of the given sizes in a (height, width) canvas: (B, H, W) bool, true = padding.
at::Tensor padding_mask_of(const std::vector<ImageSize>& sizes, int64_t height, int64_t width);

}  // namespace focus::nn
