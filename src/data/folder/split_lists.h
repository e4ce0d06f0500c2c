// Text files that say which images belong to a split: VOC's ImageSets, darknet's train.txt.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "data/folder/folder_survey.h"
#include "data/folder/image_pairs.h"

namespace focus::data {

/// True for train.txt, val.txt, valid.txt, test.txt and trainval.txt.
bool is_split_list_name(const std::string& name);

struct SplitList {
  std::string split;  ///< train, val or test.
  std::filesystem::path file;
  std::vector<size_t> pairs;         ///< Indices of the listed images in `pairs`, in the list's order.
  std::vector<std::string> unknown;  ///< Lines that name no image.
  /// Lines that name several images, and the first two of these.
  std::vector<std::pair<std::string, std::pair<size_t, size_t>>> ambiguous;
};

/// The lists of a folder that name at least one of the images, one list per split: that in ImageSets/Main, or
/// else the one nearest to the root. A line is a name, with or without an extension or a path of any machine;
/// a second column of 1, 0 or -1 is ignored. Of several images of one name, those in another split's folder
/// come last. trainval.txt is the split train if there is neither train.txt nor val.txt.
std::vector<SplitList> find_split_lists(const FolderSurvey& survey, const std::vector<ImagePair>& pairs);

}  // namespace focus::data
