// The images that annotation files of other machines name: "C:\data\cam1\a.jpg" is cam1/a.jpg here.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "data/annotations.h"
#include "data/folder/folder_survey.h"

namespace focus::data {

/// The folders and the name of a path written on any system, without drives, "." and "..".
std::vector<std::string> path_parts(std::string_view stated);

/// The file below `folder` that a stated name means, relative to `folder`: the name itself, or with Windows'
/// separators read as such, or without its first folders, as few as possible, as long as those are not there.
/// Nothing if there is none.
/// @param known names of folders of the data set: one of these is not left out unless `folder` lies in it
std::optional<std::string> name_below(const std::filesystem::path& folder, const std::string& stated,
                                      const std::set<std::string>& known = {});

/// Rewrites the file names of images that are not there as they are stated, but by name_below. If two
/// different names lead to one file, both stay as they are, for no one can tell whose it is.
void find_stated_images(std::vector<ImageRecord>& images, const std::filesystem::path& folder,
                        const std::set<std::string>& known = {});

/// How many of `images`, at most some dozens evenly among them, are found in `folder` by name_below.
size_t count_found(const std::vector<ImageRecord>& images, const std::filesystem::path& folder,
                   const std::set<std::string>& known = {});

/// What count_found is if all are there.
size_t count_found_at_most(const std::vector<ImageRecord>& images);

/// All image files of surveyed folders, to be found by name.
class ImageIndex {
 public:
  explicit ImageIndex(const FolderSurvey& survey);

  /// The image that a stated path means: of those with its file name (in any case of letters and any Unicode
  /// form, if there is no exact one; or, if there is none, with "%20" and the like decoded) the one whose
  /// last folders agree best. Null if there is none or several agree equally, or if none is in the stated
  /// folder though one of that name is there.
  const std::filesystem::path* find(std::string_view stated) const;

  /// Those that agree best, several if they do so equally.
  std::vector<const std::filesystem::path*> candidates(std::string_view stated) const;

 private:
  std::map<std::string, std::vector<std::filesystem::path>> by_name_, by_decoded_name_;
  std::set<std::string> folder_names_;
};

}  // namespace focus::data
