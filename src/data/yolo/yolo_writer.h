// Writes data sets in YOLO's format (yolo_folder.h).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/annotations.h"
#include "data/written_boxes.h"

namespace focus::data {

/// Writes labels/SPLIT/NAME.txt into `folder` for each image; image i is named names[i]. Crowds are left
/// out, because no line could say what they are; boxes are clipped to their images.
void write_yolo_labels(const std::filesystem::path& folder, const std::string& split,
                       const AnnotationStore& store, const std::vector<std::string>& names,
                       WrittenBoxes& boxes);

/// Writes data.yaml. It has no `path`, so that the folder can be moved: readers take where the file lies.
void write_yolo_config(const std::filesystem::path& folder, const std::vector<std::string>& splits,
                       const std::vector<Category>& categories);

}  // namespace focus::data
