#include "data/written_boxes.h"

#include <algorithm>
#include <cmath>

#include "data/box_edges.h"

namespace focus::data {

std::optional<Annotation> writable_box(const Annotation& box, nn::ImageSize size, WrittenBoxes& boxes) {
  const Annotation inside = inside_image(box, size);
  if (!(inside.width > 0) || !(inside.height > 0)) {
    ++boxes.nothing_left;
    return {};
  }
  const double area = box.width * box.height;
  ++boxes.written;
  boxes.clipped += inside.width != box.width || inside.height != box.height;
  boxes.areas_lost += std::abs(box.area - area) > 1e-6 * std::max(1.0, area);
  return inside;
}

}  // namespace focus::data
