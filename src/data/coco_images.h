// Where the images of a COCO annotation file are, when its names alone do not say.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "data/annotations.h"
#include "data/folder_survey.h"

namespace focus::data {

/// Of `folders`, the first in which most of the images are found, as far as some dozens of them tell; their
/// names become those found there (found_images.h). Empty if no image is found in any.
/// @param known see name_below
std::filesystem::path choose_image_folder(std::vector<ImageRecord>& images,
                                          const std::vector<std::filesystem::path>& folders,
                                          const std::set<std::string>& known = {});

/// The folder to which the names of `images` are relative, after they were rewritten where they had to be:
/// one of the surveyed folders with images or above them, the nearest to `file` that has most of them; or the
/// root, if they lie in several. Images that are nowhere keep their names.
std::filesystem::path place_coco_images(std::vector<ImageRecord>& images, const std::filesystem::path& file,
                                        const FolderSurvey& survey);

}  // namespace focus::data
