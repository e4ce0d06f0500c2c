// Splits that have nothing to learn from.
#pragma once

#include <string>

#include "data/annotations.h"
#include "data/issue.h"

namespace focus::data {

/// Reports a split without an image, which is an error, or without any box, which is none: images of nothing
/// are fine, but of them alone nothing is learned and no AP comes out.
/// @param source what the issue is of: the annotation file, or the split
void report_emptiness(const AnnotationEntries& entries, const std::string& source, const IssueSink& report);

}  // namespace focus::data
