// Boxes at the edges of their images.
#pragma once

#include "data/annotations.h"

namespace focus::data {

/// The part of a box that lies inside an image; without width or height if none does. Its area is scaled
/// with that of the box.
Annotation inside_image(const Annotation& box, nn::ImageSize size);

/// The box, with sides that lie at most a pixel outside of the image moved to its edge: that much comes
/// from rounding, and from tools that count pixels from another number. A box further outside is returned
/// as it is: it is a mistake that the check reports and training clips.
Annotation at_edge(const Annotation& box, nn::ImageSize size);

}  // namespace focus::data
