// Boxes at the edges of their images.
#pragma once

#include "data/annotations.h"

namespace focus::data {

/// The part of a box that lies inside an image; its width or height is 0 if none does. The object's area is
/// scaled by the same factor as the box's.
Annotation inside_image(const Annotation& box, nn::ImageSize size);

/// The box, with sides that lie at most a pixel outside of the image moved to its edge: that much comes from
/// rounding, and from tools that number pixels differently. A box further outside is returned unchanged:
/// it is a mistake, which `dataset check` reports and training clips.
Annotation at_edge(const Annotation& box, nn::ImageSize size);

}  // namespace focus::data
