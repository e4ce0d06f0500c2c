// Images that are in two splits: what is measured on them was learned by heart.
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

/// For each two splits with images in common, an issue with their number and the first: the same files, under
/// whatever names, and files of the same content.
std::vector<Issue> shared_images(const std::vector<SplitImages>& splits);

}  // namespace focus::data
