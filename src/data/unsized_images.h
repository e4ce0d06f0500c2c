// Images without a stated size, as in hand-written COCO files.
#pragma once

#include <filesystem>
#include <vector>

#include "data/annotations.h"
#include "data/issue.h"
#include "images/decode.h"

namespace focus::data {

/// Removes the images with `leave[i]`, and their boxes, from `entries`.
void leave_out(AnnotationEntries& entries, const std::vector<bool>& leave);

/// Measures the images of `entries` whose size is 0 x 0, upright or as stored. One that is missing, or whose
/// header cannot be read, is reported; if `report` returns, it is left out with its boxes.
/// @param image_dir a folder or a pack; if it is neither, every such image is reported
void measure_unsized(AnnotationEntries& entries, const std::filesystem::path& image_dir,
                     images::Orientation orientation, const IssueSink& report);

}  // namespace focus::data
