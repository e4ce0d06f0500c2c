#include "images/image_paths.h"

#include <glob.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/human.h"
#include "base/paths.h"
#include "images/video.h"

namespace focus::images {
namespace {

namespace fs = std::filesystem;

/// Files that operating systems create in folders by themselves.
bool is_of_system(const fs::path& path) {
  const auto name = path.filename().string();
  return name.starts_with(".") || name == "Thumbs.db" || name == "desktop.ini" || name == "__MACOSX";
}

/// The content of a folder other than images.
class Others {
 public:
  void add(const fs::path& path) {
    if (is_of_system(path)) return;
    if (is_folder(path)) {
      ++folders_;
      return;
    }
    videos_ = videos_ || is_video_name(path);
    const auto ending = small_ending(path);
    ++endings_[ending.empty() ? "without an ending" : ending];
    names_.push_back(path.filename().string());
  }
  bool any() const { return !names_.empty() || folders_ > 0; }

  /// "5 files (3 .txt, 2 .mp4): 'a.txt', ...; 2 subfolders, not searched; videos and animations must be named
  /// themselves".
  std::string in_words() const {
    std::string text;
    if (!names_.empty()) {
      std::vector<std::pair<size_t, std::string>> counts;
      for (const auto& [ending, count] : endings_) counts.emplace_back(count, ending);
      std::stable_sort(counts.begin(), counts.end(),
                       [](const auto& a, const auto& b) { return a.first > b.first; });
      std::string kinds;
      for (size_t i = 0; i < std::min<size_t>(counts.size(), 6); ++i)
        kinds += fmt::format("{}{} {}", i == 0 ? "" : ", ", counts[i].first, counts[i].second);
      if (counts.size() > 6) kinds += ", ...";
      text = fmt::format("{} file{} ({}): {}", names_.size(), names_.size() == 1 ? "" : "s", kinds,
                         listed_in_quotes(names_, 3));
    }
    if (folders_ > 0) {
      text += fmt::format("{}{} subfolder{}, not searched", text.empty() ? "" : "; ", folders_,
                          folders_ == 1 ? "" : "s");
    }
    if (videos_) text += "; videos and animations must be named themselves";
    return text;
  }

 private:
  std::map<std::string, size_t> endings_;
  std::vector<std::string> names_;
  size_t folders_ = 0;
  bool videos_ = false;
};

std::vector<fs::path> images_in(const fs::path& folder, std::vector<std::string>* left_out) {
  std::vector<fs::path> found;
  Others others;
  for (auto& path : entries_of(folder)) {
    if (is_image_name(path) && is_file(path)) {
      found.push_back(std::move(path));
    } else {
      others.add(path);
    }
  }
  if (found.empty()) {
    fail("{}: no images ({}) in this folder{}{}", folder.string(), kUsualEndings,
         others.any() ? ", which has " : "", others.any() ? others.in_words() : "");
  }
  if (left_out && others.any()) {
    left_out->push_back(
        printable(fmt::format("{}: not among the images: {}", folder.string(), others.in_words())));
  }
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

std::string small_ending(const fs::path& path) {
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return ending;
}

bool is_image_name(const fs::path& path) {
  return std::find(kImageEndings.begin(), kImageEndings.end(), small_ending(path)) != kImageEndings.end();
}

bool is_unread_image_name(const fs::path& path) {
  return std::find(kUnreadEndings.begin(), kUnreadEndings.end(), small_ending(path)) != kUnreadEndings.end();
}

std::vector<fs::path> image_paths(const std::vector<std::string>& inputs,
                                  std::vector<std::string>* left_out) {
  std::vector<fs::path> paths;
  std::set<fs::path> seen;
  const auto add = [&](const fs::path& path) {
    if (seen.insert(path.lexically_normal()).second) paths.push_back(path);
  };
  for (const auto& input : inputs) {
    if (is_folder(input)) {
      for (const auto& path : images_in(input, left_out)) add(path);
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

}  // namespace focus::images
