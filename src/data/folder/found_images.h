// Finds images that annotation files name by paths of other machines: "C:\data\cam1\a.jpg" is cam1/a.jpg
// here.
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

/// The file below `folder` that a stated name means, relative to `folder`: the name itself, or with Windows
/// separators converted, or without its first folders, as few as possible, provided that those do not exist
/// here. Nothing if there is none.
/// @param known names of the data set's folders; one of these is only left out if `folder` lies in it
std::optional<std::string> name_below(const std::filesystem::path& folder, const std::string& stated,
                                      const std::set<std::string>& known = {});

/// Rewrites the file names of images that do not exist under the stated name but are found by name_below. If
/// two different names lead to one file, both stay unchanged, since either could be meant.
void find_stated_images(std::vector<ImageRecord>& images, const std::filesystem::path& folder,
                        const std::set<std::string>& known = {});

/// How many of `images` name_below finds in `folder`; tries at most some dozens, evenly spaced.
size_t count_found(const std::vector<ImageRecord>& images, const std::filesystem::path& folder,
                   const std::set<std::string>& known = {});

/// The result of count_found if all are found.
size_t count_found_at_most(const std::vector<ImageRecord>& images);

/// All image files of surveyed folders, to be found by name.
class ImageIndex {
 public:
  explicit ImageIndex(const FolderSurvey& survey);

  /// The image that a stated path means: of those with its file name (ignoring case and Unicode form; or, if
  /// there is none, with "%20" and the like decoded) the one whose last folders agree best. Null if there is
  /// none or several agree equally, or if none is in the stated folder although a folder of that name exists.
  const std::filesystem::path* find(std::string_view stated) const;

  /// The images that agree best; several if they agree equally.
  std::vector<const std::filesystem::path*> candidates(std::string_view stated) const;

 private:
  std::map<std::string, std::vector<std::filesystem::path>> by_name_, by_decoded_name_;
  std::set<std::string> folder_names_;
};

}  // namespace focus::data
