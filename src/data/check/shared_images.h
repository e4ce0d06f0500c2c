// Finds images that are in two splits: a model has memorised them in training, so measuring on them is
// misleading.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/issue.h"

namespace focus::data {

/// The images of a split.
struct SplitImages {
  std::string split;
  std::vector<std::filesystem::path> paths;
};

/// For each pair of splits with images in common, an issue with their number and the first: the same files,
/// under any name, and files with the same content.
std::vector<Issue> shared_images(const std::vector<SplitImages>& splits);

}  // namespace focus::data
