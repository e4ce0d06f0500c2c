// A data set's boxes as another format measures them, where EXIF data turn its pictures.
#pragma once

#include <memory>

#include "data/annotations.h"

namespace focus::data {

/// The store with sizes and boxes for pictures read with `orientation`: the same store if it is read so
/// already, or none of its pictures has an EXIF orientation. Pictures of a pack, whose EXIF data are gone,
/// and those that are not there keep theirs.
std::shared_ptr<const AnnotationStore> reframed(std::shared_ptr<const AnnotationStore> store,
                                                images::Orientation orientation);

}  // namespace focus::data
