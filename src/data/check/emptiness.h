// Reports splits without images or boxes.
#pragma once

#include <string>

#include "data/annotations.h"
#include "data/issue.h"

namespace focus::data {

/// Reports a split without an image, which is an error, or without any box, which is a warning: images
/// without objects are fine, but with them alone there is nothing to learn and no AP to measure.
/// @param source names the annotation file or the split in the issue
void report_emptiness(const AnnotationEntries& entries, const std::string& source, const IssueSink& report);

}  // namespace focus::data
