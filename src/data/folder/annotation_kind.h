// Recognises the kind of an untrusted annotation file by its content.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "data/formats.h"

namespace focus::data {

/// A file that was looked into.
struct AnnotationFile {
  std::optional<DatasetFormat> format = {};  ///< Nothing if it is in no format that is read.
  bool empty = false;  ///< A text file without a line, which in YOLO's format means an image without objects.
  /// What it is, if it is a known kind that is not read, and how to get one that is: "CVAT's own XML; ...".
  std::string foreign = {};
};

/// Looks into a .json, .xml or .txt file, no further than necessary. Never throws: what cannot be read is
/// unknown.
AnnotationFile look_into(const std::filesystem::path& file);

}  // namespace focus::data
