// Boxes on their way into a format that holds less than they say, and the count of what is lost.
#pragma once

#include <cstdint>
#include <optional>

#include "data/annotations.h"

namespace focus::data {

struct WrittenBoxes {
  int64_t written = 0;
  int64_t crowds_left_out = 0;
  int64_t crowds_of_any_class = 0;  ///< Were of one class, and are regions of every class now.
  int64_t nothing_left = 0;         ///< Left out: without width or height, or outside of the image.
  int64_t clipped = 0;              ///< Reached outside of the image.
  int64_t rounded = 0;              ///< Moved to whole pixels.
  int64_t areas_lost = 0;           ///< Had an area of their own: that of an outline.
  int64_t classes_renamed = 0;
};

/// The part of a box inside its image, for formats that know no other and no areas; counted in `boxes`.
/// Nothing if none is left.
std::optional<Annotation> writable_box(const Annotation& box, nn::ImageSize size, WrittenBoxes& boxes);

}  // namespace focus::data
