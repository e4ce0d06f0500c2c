// The box around points and polygons, and the area that they enclose.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "data/annotations.h"

namespace focus::data {

struct Point {
  double x = 0, y = 0;
};

class Extent {
 public:
  void add_point(double x, double y) {
    left_ = std::min(left_, x);
    right_ = std::max(right_, x);
    top_ = std::min(top_, y);
    bottom_ = std::max(bottom_, y);
  }
  void add_area(double area) { area_ += area; }
  /// Adds its corners, and its area by the shoelace formula: twice the area is the sum of the cross products
  /// of neighbouring corners.
  void add_polygon(std::span<const Point> corners) {
    double twice = 0;
    for (size_t i = 0; i < corners.size(); ++i) {
      const Point &here = corners[i], &next = corners[(i + 1) % corners.size()];
      twice += here.x * next.y - next.x * here.y;
      add_point(here.x, here.y);
    }
    add_area(std::abs(twice) / 2);
  }

  bool empty() const { return left_ > right_; }
  /// The box around everything added, with the sum of the areas. Call only if not empty.
  Annotation annotation() const {
    return {.x = left_, .y = top_, .width = right_ - left_, .height = bottom_ - top_, .area = area_};
  }

 private:
  static constexpr double kFar = std::numeric_limits<double>::infinity();
  double left_ = kFar, right_ = -kFar, top_ = kFar, bottom_ = -kFar, area_ = 0;
};

}  // namespace focus::data
