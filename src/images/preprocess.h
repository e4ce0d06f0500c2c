// Turns decoded images into the input of a detector: one implementation for training, evaluation, detection
// and serving.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "base/options.h"
#include "images/image.h"
#include "nn/batch.h"

namespace focus::images {

struct PreprocessOptions {
  int64_t short_side = 800;
  int64_t max_side = 1333;
  std::vector<double> mean{123.675, 116.28, 103.53};
  std::vector<double> std{58.395, 57.12, 57.375};

  void describe(OptionTable& table);
};

/// Resizes and normalises images. Immutable, so thread-safe.
class Preprocess {
 public:
  /// Throws UsageError if mean or standard deviation are not three numbers, or a deviation is not above 0.
  explicit Preprocess(PreprocessOptions options);

  const PreprocessOptions& options() const { return options_; }

  /// The size at which the detector sees an image of the given size (shortest_edge_size).
  nn::ImageSize output_size(nn::ImageSize size) const;

  /// Resizes an 8-bit BGR image (resize_antialiased) and normalises it: (3, H, W) float32.
  at::Tensor operator()(const Image& bgr) const;

  /// The same on another device, to which the image is copied as bytes: a quarter of the values' size. Gives
  /// the same numbers as the CPU.
  at::Tensor on_device(const Image& bgr, at::Device device) const;

  /// Only converts 8-bit BGR to RGB, (value - mean) / std per channel: (3, H, W) float32, size unchanged.
  at::Tensor normalise(const Image& bgr) const;

 private:
  PreprocessOptions options_;
  std::vector<float> normalised_;  ///< (3, 256): the result for each 8-bit value of red, green and blue.
};

/// Copies (3, H, W) float32 images to the top left corners of one batch with the largest height and the
/// largest width of them; the rest is 0 and marked as padding. Throws Error if there is no image or one has
/// another shape or type.
nn::ImageBatch collate(const std::vector<at::Tensor>& images);

}  // namespace focus::images
