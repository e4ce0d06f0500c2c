// Pairs images with annotation files of the same names, wherever they lie.
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
  /// Annotation files whose images' names differ only in percent-encoding; they are among the pairs.
  std::vector<std::filesystem::path> encoded;
  /// Annotation files that fit several images equally well, with these images.
  std::vector<std::pair<std::filesystem::path, std::vector<std::filesystem::path>>> ambiguous;
};

/// Pairs annotation files with images of the same name without the extension, or with the extension added to
/// it ("a.jpg.xml"), in any Unicode form; or, if there is none, with images that have no other annotation
/// file and match once "%20" and the like are decoded. Where several folders have images of that name, images
/// of another split are excluded, and the rest are ranked by split, by the format's usual folders (images/
/// beside labels/, JPEGImages/ beside Annotations/), by how much the path agrees with the annotation's, and by
/// being in the same folder; if that leaves several, there is no pair.
/// @param files lists the annotation files of a folder of `annotations`
/// @param every true if all images of a name in a folder share the annotation file, as in YOLO's format
ImagePairs pair_images(const FolderSurvey& images, const FolderSurvey& annotations,
                       const std::function<std::vector<std::string>(const SurveyedFolder&)>& files,
                       bool every);

/// The deepest folder that holds all `files`; each path must name its folder.
std::filesystem::path common_folder(const std::vector<std::filesystem::path>& files);

/// The split that a folder between `root` and a file is named after, the innermost first; empty if none is.
std::string split_of_place(const std::filesystem::path& file, const std::filesystem::path& root);

}  // namespace focus::data
