#include "nn/box_ops.h"

namespace focus::nn {
namespace {

constexpr double kEpsilon = 1e-6;

at::Tensor top_left(const at::Tensor& boxes) { return boxes.slice(-1, 0, 2); }
at::Tensor bottom_right(const at::Tensor& boxes) { return boxes.slice(-1, 2, 4); }

at::Tensor area_of_sides(const at::Tensor& sides) { return sides.select(-1, 0) * sides.select(-1, 1); }
at::Tensor area(const at::Tensor& boxes) { return area_of_sides(bottom_right(boxes) - top_left(boxes)); }

/// Generalised IoU of boxes whose shapes broadcast.
at::Tensor giou(const at::Tensor& a, const at::Tensor& b) {
  const auto shared = at::minimum(bottom_right(a), bottom_right(b)) - at::maximum(top_left(a), top_left(b));
  const at::Tensor intersection = area_of_sides(shared.clamp_min(0));
  const at::Tensor union_area = area(a) + area(b) - intersection;
  const auto around = at::maximum(bottom_right(a), bottom_right(b)) - at::minimum(top_left(a), top_left(b));
  const at::Tensor hull = area_of_sides(around.clamp_min(0));
  return intersection / (union_area + kEpsilon) - (hull - union_area) / (hull + kEpsilon);
}

}  // namespace

at::Tensor cxcywh_to_xyxy(const at::Tensor& boxes) {
  const at::Tensor centre = boxes.slice(-1, 0, 2), half = 0.5 * boxes.slice(-1, 2, 4);
  return at::cat({centre - half, centre + half}, -1);
}

at::Tensor xyxy_to_cxcywh(const at::Tensor& boxes) {
  const at::Tensor begin = top_left(boxes), end = bottom_right(boxes);
  return at::cat({(begin + end) / 2, end - begin}, -1);
}

at::Tensor pairwise_giou(const at::Tensor& a, const at::Tensor& b) {
  return giou(a.unsqueeze(1), b.unsqueeze(0));
}

at::Tensor elementwise_giou(const at::Tensor& a, const at::Tensor& b) { return giou(a, b); }

at::Tensor inverse_sigmoid(const at::Tensor& x, double eps) {
  const at::Tensor clamped = x.clamp(0, 1);
  return at::log(clamped.clamp_min(eps) / (1 - clamped).clamp_min(eps));
}

}  // namespace focus::nn
