#include "data/turned_boxes.h"

#include <utility>

#include "images/exif_orientation.h"

namespace focus::data {
namespace {

void exchange(Annotation& box) {
  std::swap(box.x, box.y);
  std::swap(box.width, box.height);
}

/// `size` is that of the upright image.
void mirror(Annotation& box, const images::Turn& turn, nn::ImageSize size) {
  if (turn.reverse_columns) box.x = static_cast<double>(size.width) - box.x - box.width;
  if (turn.reverse_rows) box.y = static_cast<double>(size.height) - box.y - box.height;
}

}  // namespace

Annotation upright_box(const Annotation& box, nn::ImageSize stored, int orientation) {
  const images::Turn& turn = images::turn_of(orientation);
  Annotation turned = box;
  if (turn.transposed) exchange(turned);
  mirror(turned, turn, images::turned_size(stored, orientation));
  return turned;
}

Annotation stored_box(const Annotation& box, nn::ImageSize stored, int orientation) {
  const images::Turn& turn = images::turn_of(orientation);
  Annotation turned = box;
  mirror(turned, turn, images::turned_size(stored, orientation));
  if (turn.transposed) exchange(turned);
  return turned;
}

}  // namespace focus::data
