// Finds images and labels in the folders of a YOLO data set that no split uses.
#pragma once

#include <filesystem>
#include <vector>

#include "data/folder/image_pairs.h"
#include "data/issue.h"

namespace focus::data {

/// Where the images of a split come from.
struct YoloSources {
  std::vector<std::filesystem::path> images;
  std::vector<std::filesystem::path> folders;  ///< Those that make up the split, with all subfolders.
  bool has_list = false;                       ///< Whether a text file lists images of the split.
};

/// Reports label files without an image in the folder where it would be, and images of kinds that are not
/// read: each once, with a count and the first.
/// @param pairs the images of the split with their label files
void report_unused_labels(const YoloSources& split, const std::vector<ImagePair>& pairs,
                          const IssueSink& report);

/// Reports images that are in no split: those with labels in the folders around the splits, and those in
/// folders from which a list names other images.
/// @param top nothing outside this folder is searched
/// @param source the file that names the splits
void report_images_elsewhere(const std::vector<YoloSources>& splits, const std::filesystem::path& top,
                             const std::filesystem::path& source, const IssueSink& report);

}  // namespace focus::data
