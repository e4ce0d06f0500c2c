// What lies beside the images and labels of a YOLO data set's splits and is no part of them.
#pragma once

#include <filesystem>
#include <vector>

#include "data/folder/image_pairs.h"
#include "data/issue.h"

namespace focus::data {

/// Where the images of a split come from.
struct YoloSources {
  std::vector<std::filesystem::path> images;
  std::vector<std::filesystem::path> folders;  ///< Those that are the split, with all below them.
  bool has_list = false;                       ///< Whether a text file lists images of it.
};

/// Reports label files without an image in the folder where it would be, and images of kinds that are not
/// read: each once, with a count and the first.
/// @param pairs the images of the split with their label files
void report_unused_labels(const YoloSources& split, const std::vector<ImagePair>& pairs,
                          const IssueSink& report);

/// Reports images that no split has: those with labels in the folders around the splits', and those in
/// folders of which a list names others.
/// @param top beyond this folder nothing is looked for
/// @param source what names the splits
void report_images_elsewhere(const std::vector<YoloSources>& splits, const std::filesystem::path& top,
                             const std::filesystem::path& source, const IssueSink& report);

}  // namespace focus::data
