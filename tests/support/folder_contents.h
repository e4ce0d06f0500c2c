// Folders as values, to be compared.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

namespace focus::test {

/// The bytes of every file under `root`, by relative path.
inline std::map<std::string, std::string> contents(const std::filesystem::path& root) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    files[std::filesystem::relative(entry.path(), root).string()] = {std::istreambuf_iterator<char>(file),
                                                                     {}};
  }
  return files;
}

}  // namespace focus::test
