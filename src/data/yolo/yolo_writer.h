// Writes data sets in YOLO's format (yolo_folder.h).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/annotations.h"
#include "data/written_boxes.h"

namespace focus::data {

/// Writes labels/SPLIT/NAME.txt into `folder` for each image; image i is named names[i]. Crowds are left out,
/// since the format cannot express them; boxes are clipped to their images.
void write_yolo_labels(const std::filesystem::path& folder, const std::string& split,
                       const AnnotationStore& store, const std::vector<std::string>& names,
                       WrittenBoxes& boxes);

/// Writes data.yaml. It has no `path`, so that the folder can be moved: paths are then relative to the file.
void write_yolo_config(const std::filesystem::path& folder, const std::vector<std::string>& splits,
                       const std::vector<Category>& categories);

}  // namespace focus::data
