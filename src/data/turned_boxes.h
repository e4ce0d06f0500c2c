// Converts boxes when an image is turned upright by its EXIF orientation, and back.
// The eight orientations: Exif 2.32 (CIPA DC-008), tag 0x0112.
#pragma once

#include "data/annotations.h"
#include "nn/batch.h"

namespace focus::data {

/// A box in an image of the size `stored`, as it lies in the upright image. Ids, label and area stay.
Annotation upright_box(const Annotation& box, nn::ImageSize stored, int orientation);

/// The inverse: a box in the upright image, as it lies in the stored one.
Annotation stored_box(const Annotation& box, nn::ImageSize stored, int orientation);

}  // namespace focus::data
