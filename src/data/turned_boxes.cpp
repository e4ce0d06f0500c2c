#include "data/turned_boxes.h"

#include <utility>

#include "data/exif_orientation.h"

namespace focus::data {
namespace {

/// An orientation as what turning upright does one after the other: exchange x and y, then mirror either.
struct Turn {
  bool exchange, mirror_x, mirror_y;
};

Turn turn_of(int orientation) {
  switch (orientation) {
    case 2:
      return {false, true, false};
    case 3:
      return {false, true, true};
    case 4:
      return {false, false, true};
    case 5:
      return {true, false, false};
    case 6:
      return {true, true, false};
    case 7:
      return {true, true, true};
    case 8:
      return {true, false, true};
    default:
      return {false, false, false};
  }
}

void exchange(Annotation& box) {
  std::swap(box.x, box.y);
  std::swap(box.width, box.height);
}

/// In an image of the upright size.
void mirror(Annotation& box, const Turn& turn, nn::ImageSize size) {
  if (turn.mirror_x) box.x = static_cast<double>(size.width) - box.x - box.width;
  if (turn.mirror_y) box.y = static_cast<double>(size.height) - box.y - box.height;
}

}  // namespace

Annotation upright_box(const Annotation& box, nn::ImageSize stored, int orientation) {
  const Turn turn = turn_of(orientation);
  Annotation turned = box;
  if (turn.exchange) exchange(turned);
  mirror(turned, turn, turned_size(stored, orientation));
  return turned;
}

Annotation stored_box(const Annotation& box, nn::ImageSize stored, int orientation) {
  const Turn turn = turn_of(orientation);
  Annotation turned = box;
  mirror(turned, turn, turned_size(stored, orientation));
  if (turn.exchange) exchange(turned);
  return turned;
}

}  // namespace focus::data
