// Finds the images of a COCO annotation file when its file names alone do not tell where they are.
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

/// The one of `folders` in which most of the images are found, judged by some dozens of them; the first of
/// equals. Their names become those found there (found_images.h). Empty if no image is found in any.
/// @param known see name_below
std::filesystem::path choose_image_folder(std::vector<ImageRecord>& images,
                                          const std::vector<std::filesystem::path>& folders,
                                          const std::set<std::string>& known = {});

/// Rewrites the names of the images where necessary, and returns the folder to which they are relative: the
/// likeliest surveyed folder for `file` if all images are found below it, otherwise the root. Images that are
/// not found keep their names. A name that fits several files equally well is reported unless exactly one of
/// them has the stated size; if `report` returns, the image is left out with its boxes. Names that are found
/// with "%20" and the like decoded are reported once.
std::filesystem::path place_coco_images(AnnotationEntries& entries, const std::filesystem::path& file,
                                        const FolderSurvey& survey, const IssueSink& report);

/// Rewrites the names of images whose files exist in another Unicode form, or with the extension in
/// another case; also of those whose files exist with "%20" and the like decoded or encoded, if that is a
/// single file and not another image's, which is reported once for `source`.
void find_alike_images(std::vector<ImageRecord>& images, const std::filesystem::path& folder,
                       const std::filesystem::path& source, const IssueSink& report);

/// An issue with the count and the first of the surveyed images that are not among the paths `named`, which
/// are those that `source` names. Nothing if all images are named.
std::optional<Issue> unnamed_images(const FolderSurvey& survey, const std::set<std::filesystem::path>& named,
                                    const std::string& source);

}  // namespace focus::data
