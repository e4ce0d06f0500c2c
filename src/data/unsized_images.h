// Images whose annotations state no size, as hand-written COCO files have them.
#pragma once

#include <filesystem>
#include <vector>

#include "data/annotations.h"
#include "data/issue.h"
#include "images/decode.h"

namespace focus::data {

/// Takes the images with `leave[i]`, and their boxes, out of `entries`.
void leave_out(AnnotationEntries& entries, const std::vector<bool>& leave);

/// Measures the images of `entries` whose size is 0 x 0, turned or as stored. One that is not there, or whose
/// header cannot be read, is given to `report`; if that returns, it is left out with its boxes.
/// @param image_dir a folder or a pack; without one every such image is reported
void measure_unsized(AnnotationEntries& entries, const std::filesystem::path& image_dir,
                     images::Orientation orientation, const IssueSink& report);

}  // namespace focus::data
