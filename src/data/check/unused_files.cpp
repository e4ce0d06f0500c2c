#include "data/check/unused_files.h"

#include <spdlog/fmt/fmt.h>

#include <map>

#include "base/human.h"

namespace focus::data {

namespace fs = std::filesystem;

std::string unread_images_text(size_t count, size_t annotated, const fs::path& example) {
  const std::string with =
      annotated > 0 ? fmt::format(", {} of them with annotations", annotated) : std::string();
  return fmt::format(
      "{} images are of kinds that are not read{}, such as {}; they are left out: convert them to "
      "PNG or JPEG",
      count, with, in_quotes(example.string()));
}

void report_shared_labels(const std::vector<ImagePair>& pairs, const IssueSink& report) {
  std::map<fs::path, const ImagePair*> first;
  size_t files = 0;
  const ImagePair *one = nullptr, *other = nullptr;
  std::map<fs::path, bool> counted;
  for (const auto& pair : pairs) {
    if (pair.annotation.empty()) continue;
    const auto [entry, fresh] = first.emplace(pair.annotation, &pair);
    if (fresh || entry->second->image == pair.image) continue;
    files += counted.emplace(pair.annotation, true).second;
    if (!one) {
      one = entry->second;
      other = &pair;
    }
  }
  if (!one) return;
  report({IssueKind::kSharedLabels, one->annotation.string(),
          fmt::format(
              "has the boxes of both {} and {}, which differ only in their extensions ({} such label files); "
              "rename one image if they are not the same",
              one->image.string(), other->image.string(), files)});
}

std::string counted_files(const std::vector<fs::path>& files, const std::string& what) {
  return fmt::format("{} {}, such as {}", files.size(), what, in_quotes(files.front().string()));
}

}  // namespace focus::data
