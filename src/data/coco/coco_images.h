// Where the images of a COCO annotation file are, when its names alone do not say.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "data/annotations.h"
#include "data/folder/folder_survey.h"
#include "data/issue.h"

namespace focus::data {

/// Of `folders`, the first in which most of the images are found, as far as some dozens of them tell; their
/// names become those found there (found_images.h). Empty if no image is found in any.
/// @param known see name_below
std::filesystem::path choose_image_folder(std::vector<ImageRecord>& images,
                                          const std::vector<std::filesystem::path>& folders,
                                          const std::set<std::string>& known = {});

/// The folder to which the names of the images are relative, after they were rewritten where they had to be:
/// one of the surveyed folders with images or above them, the nearest to `file` that has most of them; or the
/// root, if they lie in several. Images that are nowhere keep their names. A name that fits several images
/// equally, of which not one alone has the stated size, is given to `report`, with both; if that returns, the
/// image is left out with its boxes. Names that are found with "%20" and the like decoded are reported once.
std::filesystem::path place_coco_images(AnnotationEntries& entries, const std::filesystem::path& file,
                                        const FolderSurvey& survey, const IssueSink& report);

/// Rewrites the names of images that are there in another Unicode form, or with their ending in another case;
/// and of those that are there with "%20" and the like decoded, or encoded, if that is one file and no other
/// image's, which is reported once for `source`.
void find_alike_images(std::vector<ImageRecord>& images, const std::filesystem::path& folder,
                       const std::filesystem::path& source, const IssueSink& report);

/// The images in `folder` and below that are no image of `named`, which are paths in it; counted, with the
/// first, as an issue of what `source` leaves out. Nothing if all are.
std::optional<Issue> unnamed_images(const FolderSurvey& survey, const std::set<std::filesystem::path>& named,
                                    const std::string& source);

}  // namespace focus::data
