// Whether annotations are the ones they were.
#pragma once

#include <string>

#include "data/annotations.h"

namespace focus::data {

/// Eight hexadecimal digits over all classes, images and boxes of a store in their order: others for other
/// annotations, whatever file or format they come from. Pixels are not looked at.
std::string fingerprint(const AnnotationStore& store);

}  // namespace focus::data
