// Images and the annotation files of the same names, wherever each of them lie.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "data/folder/folder_survey.h"

namespace focus::data {

struct ImagePair {
  std::filesystem::path image;
  std::filesystem::path annotation;  ///< Empty for an image without one.
};

struct ImagePairs {
  std::vector<ImagePair> pairs;                          ///< Sorted by image.
  std::vector<std::filesystem::path> images_alone;       ///< In folders where others have annotations.
  std::vector<std::filesystem::path> images_elsewhere;   ///< In folders where none has.
  std::vector<std::filesystem::path> annotations_alone;  ///< No image has that name.
  /// Annotation files whose images' names differ in percent-encoding alone; they are among the pairs.
  std::vector<std::filesystem::path> encoded;
  /// Annotation files that belong to one of several images equally, and these, which have no other.
  std::vector<std::pair<std::filesystem::path, std::vector<std::filesystem::path>>> ambiguous;
};

/// Which annotation files belong to images of the same name but for the ending, or with theirs added to it
/// ("a.jpg.xml"), in any Unicode form; or, if there is none, to those of that name with "%20" and the like
/// decoded which have no other. Where several folders have images of a name: not one of another split,
/// then the one where the format has it (images/ beside labels/, JPEGImages/ beside Annotations/), then the
/// one whose path agrees best with that of the annotation, then its own folder; if that leaves several, none.
/// @param files lists the annotation files of a folder of `annotations`
/// @param every true if all images of a name in a folder share the annotation file, as in YOLO's format
ImagePairs pair_images(const FolderSurvey& images, const FolderSurvey& annotations,
                       const std::function<std::vector<std::string>(const SurveyedFolder&)>& files,
                       bool every);

/// The deepest folder that holds all `files`; they must be in a folder each.
std::filesystem::path common_folder(const std::vector<std::filesystem::path>& files);

/// The split that the folders between `root` and a file speak of, the innermost first; empty if none does.
std::string split_of_place(const std::filesystem::path& file, const std::filesystem::path& root);

}  // namespace focus::data
