// What an untrusted annotation file is, told by its content.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace focus::data {

enum class AnnotationKind {
  kUnknown,
  kCoco,     ///< JSON with images, annotations and categories.
  kLabelme,  ///< JSON with shapes, one file an image.
  kVoc,      ///< XML of Pascal VOC, one file an image.
  kYolo,     ///< Lines of a class number and four numbers or more, one file an image.
  kEmpty,    ///< An empty text file: YOLO's way to say that there is nothing.
};

/// A file that was looked into.
struct AnnotationFile {
  AnnotationKind kind = AnnotationKind::kUnknown;
  /// What it is, if it is a known kind that is not read, and how to get one that is: "CVAT's own XML; ...".
  std::string foreign = {};
};

/// Looks into a file .json, .xml or .txt, no further than it must. Never throws: what cannot be read is
/// unknown.
AnnotationFile look_into(const std::filesystem::path& file);

}  // namespace focus::data
