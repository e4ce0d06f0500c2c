// What an untrusted annotation file is, told by its content.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "data/formats.h"

namespace focus::data {

/// A file that was looked into.
struct AnnotationFile {
  std::optional<DatasetFormat> format = {};  ///< Nothing for what is of no format that is read.
  bool empty = false;  ///< A text file without a line: YOLO's way to say that there is nothing.
  /// What it is, if it is a known kind that is not read, and how to get one that is: "CVAT's own XML; ...".
  std::string foreign = {};
};

/// Looks into a file .json, .xml or .txt, no further than it must. Never throws: what cannot be read is
/// unknown.
AnnotationFile look_into(const std::filesystem::path& file);

}  // namespace focus::data
