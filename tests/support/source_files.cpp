#include "support/source_files.h"

#include <algorithm>
#include <sstream>

#include "base/files.h"

namespace fs = std::filesystem;

namespace focus::test {

std::vector<SourceFile> source_files(const std::string& folder, const std::vector<std::string>& endings) {
  const fs::path project(FOCUS_DETR_SOURCE_DIR);
  std::vector<SourceFile> files;
  for (const auto& entry : fs::recursive_directory_iterator(project / folder)) {
    const auto ending = entry.path().extension().string();
    const bool wanted = endings.empty() || std::find(endings.begin(), endings.end(), ending) != endings.end();
    if (!entry.is_regular_file() || !wanted) continue;
    files.push_back({entry.path().lexically_relative(project).string(), read_file(entry.path(), 64 << 20)});
  }
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return files;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace focus::test
