// Writes data sets in KITTI's format (kitti_folder.h).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/annotations.h"
#include "data/written_boxes.h"

namespace focus::data {

/// testing/image_2 for the split test, and training/image_2 for all others.
std::filesystem::path kitti_image_folder(const std::filesystem::path& folder, const std::string& split);

/// Writes label_2/NAME.txt beside the images of a split, and ImageSets/SPLIT.txt; image i is named names[i].
/// Boxes are clipped to their images; crowds become DontCare regions, and equal boxes of several classes
/// become one region. The third dimension, truncation and occlusion get KITTI's values for "not known".
/// Throws Error for classes that would get the same name.
void write_kitti_split(const std::filesystem::path& folder, const std::string& split,
                       const AnnotationStore& store, const std::vector<std::string>& names,
                       WrittenBoxes& boxes);

/// Writes labels.txt, which KITTI itself does not have: it keeps the order of the classes, and those without
/// boxes.
void write_kitti_classes(const std::filesystem::path& folder, const std::vector<std::string>& splits,
                         const std::vector<Category>& categories);

}  // namespace focus::data
