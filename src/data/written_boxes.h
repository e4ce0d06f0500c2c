// Counts what is lost when boxes are written in a format that holds less than they state.
#pragma once

#include <cstdint>
#include <optional>

#include "data/annotations.h"

namespace focus::data {

struct WrittenBoxes {
  int64_t written = 0;
  int64_t crowds_left_out = 0;
  int64_t crowds_of_any_class = 0;  ///< Had one class, and are now regions of any class.
  int64_t nothing_left = 0;         ///< Left out: without width or height, or outside of the image.
  int64_t clipped = 0;              ///< Reached outside of the image.
  int64_t rounded = 0;              ///< Moved to whole pixels.
  int64_t areas_lost = 0;           ///< Had an area other than the box's: that of an outline.
  int64_t classes_renamed = 0;
};

/// The part of a box inside its image, for formats without areas and without boxes beyond the image; counted
/// in `boxes`. Nothing if no part is left.
std::optional<Annotation> writable_box(const Annotation& box, nn::ImageSize size, WrittenBoxes& boxes);

}  // namespace focus::data
