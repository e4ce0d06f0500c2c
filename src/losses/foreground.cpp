#include "losses/foreground.h"

#include "base/error.h"
#include "losses/focal.h"
#include "nn/box_ops.h"

namespace focus::losses {
namespace {

constexpr double kNoUpperBound = 999999;

/// Distances along one axis from token centres to the two sides of each box.
struct SideDistance {
  at::Tensor nearest, farthest;  ///< (tokens along the axis, boxes); nearest is negative outside.
};

SideDistance side_distance(int64_t tokens, int64_t stride, const at::Tensor& begin, const at::Tensor& end) {
  const at::Tensor centres = (at::arange(tokens, begin.options()) * stride + stride / 2).unsqueeze(1);
  const at::Tensor from_begin = centres - begin, to_end = end - centres;
  return {at::minimum(from_begin, to_end), at::maximum(from_begin, to_end)};
}

at::Tensor level_targets(const at::Tensor& boxes, nn::ImageSize tokens, int64_t stride,
                         const SizeRange& range) {
  const SideDistance x = side_distance(tokens.width, stride, boxes.select(1, 0), boxes.select(1, 2));
  const SideDistance y = side_distance(tokens.height, stride, boxes.select(1, 1), boxes.select(1, 3));
  const at::Tensor inside = (x.nearest > 0).unsqueeze(0).logical_and((y.nearest > 0).unsqueeze(1));
  const at::Tensor farthest = at::maximum(x.farthest.unsqueeze(0), y.farthest.unsqueeze(1));
  const at::Tensor in_range = (farthest > range.above).logical_and(farthest <= range.up_to);
  return inside.logical_and(in_range).any(2).flatten();
}

}  // namespace

void ForegroundOptions::describe(OptionTable& table) {
  table.add(
      "size_bounds", &size_bounds,
      "Pixels that separate the object sizes of neighbouring feature levels, fine to coarse; one fewer than "
      "there are levels. A token's object size is the distance to the farthest side of its box.",
      {.min = 0});
  table.add(
      "size_overlap", &size_overlap,
      "How far each level's size range reaches down into the next finer one: its lower bound is multiplied "
      "by 1 - size_overlap. 0 is what the released weights were trained with, 0.5 what the paper describes.",
      {.min = 0, .max = 0.5});
  table.add("strides", &strides, "Pixels between neighbouring tokens of each feature level, fine to coarse.",
            {.min = 1});
}

std::vector<SizeRange> foreground_size_ranges(const ForegroundOptions& options, int64_t levels) {
  const std::vector<double>& bounds = options.size_bounds;
  if (static_cast<int64_t>(bounds.size()) + 1 != levels ||
      static_cast<int64_t>(options.strides.size()) != levels) {
    fail_usage(
        "foreground loss: the detector has {} feature levels, but size_bounds [{}] makes {} and strides [{}] "
        "makes {}; set {} bounds and {} strides",
        levels, fmt::join(bounds, ", "), bounds.size() + 1, fmt::join(options.strides, ", "),
        options.strides.size(), levels - 1, levels);
  }
  std::vector<SizeRange> ranges;
  double above = -1;
  for (int64_t level = 0; level < levels; ++level) {
    const bool last = level + 1 == levels;
    const double up_to = last ? kNoUpperBound : bounds[level];
    if (level > 0) above = bounds[level - 1] * (1 - options.size_overlap);
    if (level > 0 && !last && up_to <= bounds[level - 1]) {
      fail_usage("foreground loss: size_bounds [{}] must ascend", fmt::join(bounds, ", "));
    }
    ranges.push_back({above, up_to});
  }
  return ranges;
}

at::Tensor foreground_targets(const at::Tensor& boxes_xyxy, const std::vector<nn::ImageSize>& spatial_shapes,
                              const ForegroundOptions& options) {
  const auto ranges = foreground_size_ranges(options, static_cast<int64_t>(spatial_shapes.size()));
  std::vector<at::Tensor> levels;
  for (size_t level = 0; level < ranges.size(); ++level) {
    levels.push_back(level_targets(boxes_xyxy, spatial_shapes[level], options.strides[level], ranges[level]));
  }
  return at::cat(levels);
}

at::Tensor foreground_targets(const std::vector<nn::Target>& targets,
                              const std::vector<nn::ImageSize>& spatial_shapes,
                              const ForegroundOptions& options) {
  std::vector<at::Tensor> images;
  for (const nn::Target& target : targets) {
    const auto height = static_cast<double>(target.size.height),
               width = static_cast<double>(target.size.width);
    const at::Tensor scale = at::tensor({width, height, width, height}, target.boxes.options());
    images.push_back(foreground_targets(nn::cxcywh_to_xyxy(target.boxes * scale), spatial_shapes, options));
  }
  return at::stack(images);
}

at::Tensor foreground_loss_per_image(const at::Tensor& logits, const at::Tensor& foreground, double alpha,
                                     double gamma) {
  const at::Tensor positives = foreground.sum(1).clamp_min(1).to(logits.scalar_type());
  return sigmoid_focal_loss(logits, foreground, alpha, gamma, {1}) / positives;
}

}  // namespace focus::losses
