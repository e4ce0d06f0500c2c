// A data set's boxes as another format measures them, where EXIF data turn its images.
#pragma once

#include <memory>

#include "data/annotations.h"

namespace focus::data {

/// The store with sizes and boxes for images read with `orientation`: the same store if it is read so
/// already, or none of its images has an EXIF orientation. Images of a pack, whose EXIF data are gone,
/// and those that are not there keep theirs.
std::shared_ptr<const AnnotationStore> reframed(std::shared_ptr<const AnnotationStore> store,
                                                images::Orientation orientation);

}  // namespace focus::data
