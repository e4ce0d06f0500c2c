#include "data/check/shared_images.h"

#include <spdlog/fmt/fmt.h>
#include <sys/stat.h>

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "base/files.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMostImageBytes = uint64_t{1} << 32;

bool same_content(const fs::path& a, const fs::path& b) {
  const auto first = read_file_if_any(a, kMostImageBytes);
  return first && first == read_file_if_any(b, kMostImageBytes);
}

/// Hash of a file's content; 0 if it cannot be read.
size_t hash_of(const fs::path& path) {
  const auto content = read_file_if_any(path, kMostImageBytes);
  return content ? std::hash<std::string>()(*content) : 0;
}

/// A set of files that recognises the same file under another name, and copies of it.
class KnownFiles {
 public:
  void add(const fs::path& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return;
    by_file_.emplace(std::pair(status.st_dev, status.st_ino), path);
    if (status.st_size > 0) by_size_[status.st_size].paths.push_back(path);
  }

  /// The known file that `path` is, or is a copy of; null if there is none.
  const fs::path* find(const fs::path& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return nullptr;
    const auto same = by_file_.find(std::pair(status.st_dev, status.st_ino));
    if (same != by_file_.end()) return &same->second;
    const auto sized = by_size_.find(status.st_size);
    if (sized == by_size_.end()) return nullptr;
    auto& [paths, by_hash] = sized->second;
    if (by_hash.empty()) {
      for (const auto& known : paths) by_hash.emplace(hash_of(known), &known);
    }
    const auto copy = by_hash.find(hash_of(path));
    return copy != by_hash.end() && same_content(path, *copy->second) ? copy->second : nullptr;
  }

 private:
  /// Files of one size; hashed when the first file of that size is looked up.
  struct Sized {
    std::vector<fs::path> paths;
    std::map<size_t, const fs::path*> by_hash;
  };

  std::map<std::pair<dev_t, ino_t>, fs::path> by_file_;
  std::map<off_t, Sized> by_size_;
};

}  // namespace

std::vector<Issue> shared_images(const std::vector<SplitImages>& splits) {
  std::vector<Issue> issues;
  for (size_t a = 0; a + 1 < splits.size(); ++a) {
    KnownFiles known;
    for (const auto& path : splits[a].paths) known.add(path);
    for (size_t b = a + 1; b < splits.size(); ++b) {
      size_t count = 0;
      std::string example;
      for (const auto& path : splits[b].paths) {
        const auto* same = known.find(path);
        if (!same) continue;
        if (count++ > 0) continue;
        example = same->lexically_normal() == path.lexically_normal()
                      ? path.string()
                      : fmt::format("{}, which is {}", path.string(), same->string());
      }
      if (count == 0) continue;
      issues.push_back(
          {IssueKind::kSharedImages, fmt::format("split {}", splits[b].split),
           fmt::format("{} of its {} images are in split {}, too, such as {}; results on them say nothing "
                       "about new images",
                       count, splits[b].paths.size(), splits[a].split, example)});
    }
  }
  return issues;
}

}  // namespace focus::data
