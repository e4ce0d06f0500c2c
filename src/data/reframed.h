// Converts boxes between images as stored and upright, for images with an EXIF orientation.
#pragma once

#include <memory>

#include "data/annotations.h"

namespace focus::data {

/// The store with sizes and boxes for images read with `orientation`; the same store if it is read that way
/// already. Images of a pack, whose EXIF data are gone, and missing images keep theirs.
std::shared_ptr<const AnnotationStore> reframed(std::shared_ptr<const AnnotationStore> store,
                                                images::Orientation orientation);

}  // namespace focus::data
