// The targets of the foreground scorer: which tokens lie on an object of their level's size (Focus-DETR,
// section 3.2).
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "base/options.h"
#include "nn/batch.h"

namespace focus::losses {

struct ForegroundOptions {
  std::vector<double> size_bounds{64, 128, 256};
  double size_overlap = 0.0;
  std::vector<int64_t> strides{8, 16, 32, 64};

  void describe(OptionTable& table);
};

/// Size range of one level in pixels: sizes s with above < s <= up_to belong to it.
struct SizeRange {
  double above = 0;
  double up_to = 0;
};

/// The ranges of `levels` levels, fine to coarse: size_bounds and one range more, the first open below, the
/// last up to 999999; each lower bound is multiplied by 1 - size_overlap. Throws UsageError when the options
/// are for another number of levels or the bounds do not ascend.
std::vector<SizeRange> foreground_size_ranges(const ForegroundOptions& options, int64_t levels);

/// Tokens on objects of one image. Token (i, j) of a level with stride s sits at pixel x = j s + s / 2
/// (integer division), y = i s + s / 2. It is foreground when it is strictly inside a box whose farthest side
/// is at a distance within the level's range. Tokens in padding are in no box.
///   boxes_xyxy      (N, 4) pixels; N may be 0.
///   spatial_shapes  size in tokens of each level, fine to coarse.
///   returns         (tokens) bool on the boxes' device, levels from fine to coarse, row-major in a level.
/// Throws UsageError as foreground_size_ranges.
at::Tensor foreground_targets(const at::Tensor& boxes_xyxy, const std::vector<nn::ImageSize>& spatial_shapes,
                              const ForegroundOptions& options);

/// The same for a batch: (B, tokens). Boxes are scaled by each image's size.
at::Tensor foreground_targets(const std::vector<nn::Target>& targets,
                              const std::vector<nn::ImageSize>& spatial_shapes,
                              const ForegroundOptions& options);

/// Focal loss of the foreground scores (equation 4): per image, the sum over its tokens divided by its
/// foreground tokens (at least 1).
///   logits, foreground  (B, tokens), raw scores and bool.   returns (B).
at::Tensor foreground_loss_per_image(const at::Tensor& logits, const at::Tensor& foreground, double alpha,
                                     double gamma);

}  // namespace focus::losses
