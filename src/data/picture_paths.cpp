#include "data/picture_paths.h"

#include <glob.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "base/error.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> pictures_in(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_regular_file() && is_picture_name(entry.path())) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
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
    if (fs::is_directory(input)) {
      for (const auto& path : pictures_in(input)) add(path);
    } else if (fs::exists(input)) {
      add(input);
    } else if (input.find_first_of("*?[") != std::string::npos) {
      for (const auto& path : matches_of(input)) add(path);
    } else {
      fail("{}: no such file or folder", input);
    }
  }
  return paths;
}

}  // namespace focus::data
