// Writes data sets in Pascal VOC's format (voc_folder.h).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/annotations.h"
#include "data/written_boxes.h"

namespace focus::data {

/// Writes Annotations/NAME.xml for each image, and ImageSets/Main/SPLIT.txt, into `folder`; image i is
/// named names[i]. VOC stores whole pixels: edges are rounded, after boxes were clipped to their images,
/// and a box keeps at least one pixel. Crowds become `difficult`.
void write_voc_split(const std::filesystem::path& folder, const std::string& split,
                     const AnnotationStore& store, const std::vector<std::string>& names,
                     WrittenBoxes& boxes);

/// JPEGImages, which all splits share.
std::filesystem::path voc_image_folder(const std::filesystem::path& folder, const std::string& split);

/// Writes labels.txt, which keeps the order of the classes, and those without boxes.
void write_voc_classes(const std::filesystem::path& folder, const std::vector<std::string>& splits,
                       const std::vector<Category>& categories);

}  // namespace focus::data
