// The files of the project that people read and write: sources, tests, scripts, documentation.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace focus::test {

struct SourceFile {
  std::string path;  ///< from the project's folder: "src/base/error.h"
  std::string text;
};

/// The files below `folder` ("src") of one of these kinds (".h"), or of any if none is named; sorted by path.
std::vector<SourceFile> source_files(const std::string& folder, const std::vector<std::string>& endings = {});

/// The lines of a text, without their ends.
std::vector<std::string> lines_of(const std::string& text);

}  // namespace focus::test
