// A checksum that tells whether annotations have changed.
#pragma once

#include <string>

#include "data/annotations.h"

namespace focus::data {

/// Checksum over all classes, images and boxes of a store in their order, as eight hexadecimal digits. It
/// depends on the annotations, not on the file or format they come from, nor on pixels.
std::string fingerprint(const AnnotationStore& store);

}  // namespace focus::data
