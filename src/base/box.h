// Boxes by their corners, and how much two of them overlap.
#pragma once

#include <cmath>

namespace focus {

/// x to the right, y down; x1 <= x2 and y1 <= y2 unless a file says otherwise.
struct Box {
  double x1 = 0, y1 = 0, x2 = 0, y2 = 0;

  static constexpr Box of_sides(double x, double y, double width, double height) {
    return {x, y, x + width, y + height};
  }
  double area() const { return (x2 - x1) * (y2 - y1); }
};

/// The area that two boxes share; 0 if they lie apart.
inline double shared_area(const Box& a, const Box& b) {
  const double width = std::fmin(a.x2, b.x2) - std::fmax(a.x1, b.x1);
  if (!(width > 0)) return 0;
  const double height = std::fmin(a.y2, b.y2) - std::fmax(a.y1, b.y1);
  return height > 0 ? width * height : 0;
}

/// Intersection over union, 0..1; 0 for empty boxes. The areas are passed where boxes are given by width and
/// height: pycocotools multiplies those, while areas from the corners have rounding errors. The losses use
/// the one for tensors in nn/box_ops.h: differentiable, and with an epsilon in the union as they define it.
inline double iou(const Box& a, double area_of_a, const Box& b, double area_of_b) {
  const double shared = shared_area(a, b), together = area_of_a + area_of_b - shared;
  return together > 0 ? shared / together : 0;
}
inline double iou(const Box& a, const Box& b) { return iou(a, a.area(), b, b.area()); }

}  // namespace focus
