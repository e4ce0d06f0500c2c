#include "data/box_edges.h"

#include <algorithm>

namespace focus::data {

Annotation inside_image(const Annotation& box, nn::ImageSize size) {
  const auto width = static_cast<double>(size.width), height = static_cast<double>(size.height);
  const double left = std::clamp(box.x, 0.0, width), right = std::clamp(box.x + box.width, 0.0, width);
  const double top = std::clamp(box.y, 0.0, height), bottom = std::clamp(box.y + box.height, 0.0, height);
  Annotation inside = box;
  inside.x = left;
  inside.y = top;
  // A box that is inside keeps its exact numbers: right - left would round them.
  if (left != box.x || right != box.x + box.width) inside.width = right - left;
  if (top != box.y || bottom != box.y + box.height) inside.height = bottom - top;
  const double whole = box.width * box.height;
  if (whole > 0) inside.area = box.area * (inside.width * inside.height / whole);
  return inside;
}

Annotation at_edge(const Annotation& box, nn::ImageSize size) {
  // A little more than a pixel, since boxes stated as fractions of the image size are rounded, too.
  constexpr double kSlack = 1.001;
  const auto width = static_cast<double>(size.width), height = static_cast<double>(size.height);
  if (box.x < -kSlack || box.y < -kSlack || box.x + box.width > width + kSlack ||
      box.y + box.height > height + kSlack) {
    return box;
  }
  const Annotation inside = inside_image(box, size);
  return inside.width > 0 && inside.height > 0 ? inside : box;
}

}  // namespace focus::data
