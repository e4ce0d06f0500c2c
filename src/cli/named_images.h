// The images that arguments name, with a note about other files in their folders.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/console.h"
#include "images/image_paths.h"

namespace focus::cli {

/// As images::image_paths; prints a note for each folder that also has other files.
inline std::vector<std::filesystem::path> named_images(const std::vector<std::string>& inputs) {
  std::vector<std::string> left_out;
  auto paths = images::image_paths(inputs, &left_out);
  for (const auto& line : left_out) print_note("note: {}", line);
  return paths;
}

}  // namespace focus::cli
