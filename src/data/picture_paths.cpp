#include "data/picture_paths.h"

#include <glob.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "base/error.h"
#include "base/paths.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> pictures_in(const fs::path& folder) {
  std::vector<fs::path> found;
  for (auto& path : entries_of(folder)) {
    if (is_picture_name(path) && is_file(path)) found.push_back(std::move(path));
  }
  if (found.empty()) fail("{}: no pictures ({}) in this folder", folder.string(), kUsualEndings);
  return found;
}

std::vector<fs::path> matches_of(const std::string& pattern) {
  glob_t matches{};
  const int status = glob(pattern.c_str(), GLOB_TILDE, nullptr, &matches);
  std::vector<fs::path> found(matches.gl_pathv, matches.gl_pathv + (status == 0 ? matches.gl_pathc : 0));
  globfree(&matches);
  if (found.empty()) fail("{}: nothing matches this pattern", pattern);
  return found;
}

}  // namespace

bool is_picture_name(const fs::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return std::find(kImageEndings.begin(), kImageEndings.end(), extension) != kImageEndings.end();
}

std::vector<fs::path> picture_paths(const std::vector<std::string>& inputs) {
  std::vector<fs::path> paths;
  std::set<fs::path> seen;
  const auto add = [&](const fs::path& path) {
    if (seen.insert(path.lexically_normal()).second) paths.push_back(path);
  };
  for (const auto& input : inputs) {
    if (is_folder(input)) {
      for (const auto& path : pictures_in(input)) add(path);
    } else if (is_there(input)) {
      add(input);
    } else if (input.find_first_of("*?[") != std::string::npos) {
      for (const auto& path : matches_of(input)) add(path);
    } else {
      fail("{}: {}", input, why_not_there(input, "no such file or folder"));
    }
  }
  return paths;
}

}  // namespace focus::data
