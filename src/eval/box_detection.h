// One detection as COCO's results files write it.
#pragma once

#include <cstdint>

#include "base/box.h"

namespace focus::eval {

/// A box found in an image. Ids are the data set's own.
struct BoxDetection {
  int64_t image_id = 0;
  int64_t category_id = 0;
  double x = 0, y = 0, width = 0,
         height = 0;  ///< Pixels of the original image; x, y is the top left corner.
  double score = 0;

  double area() const { return width * height; }
  Box box() const { return Box::of_sides(x, y, width, height); }
  bool operator==(const BoxDetection&) const = default;
};

}  // namespace focus::eval
