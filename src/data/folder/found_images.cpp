#include "data/folder/found_images.h"

#include <algorithm>

#include "base/paths.h"
#include "data/folder/name_forms.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;

size_t parts_in_common(const std::vector<std::string>& stated, const fs::path& path) {
  const std::vector<std::string> own = path_parts(path.string());
  size_t count = 0;
  while (count < std::min(stated.size(), own.size()) &&
         stated[stated.size() - 1 - count] == own[own.size() - 1 - count]) {
    ++count;
  }
  return count;
}

}  // namespace

std::vector<std::string> path_parts(std::string_view stated) {
  std::vector<std::string> parts;
  while (!stated.empty()) {
    const size_t end = std::min(stated.find_first_of("/\\"), stated.size());
    const auto part = stated.substr(0, end);
    const bool drive = parts.empty() && part.size() == 2 && part[1] == ':';
    if (!part.empty() && part != "." && part != ".." && !drive) parts.emplace_back(part);
    stated.remove_prefix(std::min(end + 1, stated.size()));
  }
  return parts;
}

std::optional<std::string> name_below(const fs::path& folder, const std::string& stated,
                                      const std::set<std::string>& known) {
  if (is_file(folder / stated)) return stated;
  const auto parts = path_parts(stated);
  for (size_t first = 0; first < parts.size(); ++first) {
    fs::path name;
    for (size_t i = first; i < parts.size(); ++i) name /= parts[i];
    if (is_file(folder / name)) return name.string();
    // A folder of that name exists, if only as a link, so the image would have to be in it.
    std::error_code fault;
    if (fs::exists(fs::symlink_status(folder / parts[first], fault))) return {};
    if (known.contains(parts[first]) &&
        std::find(folder.begin(), folder.end(), fs::path(parts[first])) == folder.end()) {
      return {};
    }
  }
  return {};
}

void find_stated_images(std::vector<ImageRecord>& images, const fs::path& folder,
                        const std::set<std::string>& known) {
  // A name without folders is unambiguous; whether the file exists is checked when it is read.
  std::map<std::string, std::vector<size_t>> guesses;
  for (size_t i = 0; i < images.size(); ++i) {
    const auto& stated = images[i].file_name;
    if (stated.find_first_of("/\\") == std::string::npos) continue;
    const auto found = name_below(folder, stated, known);
    if (found && *found != stated) guesses[*found].push_back(i);
  }
  if (guesses.empty()) return;
  std::map<std::string, std::string> taken;
  for (const auto& image : images) taken.emplace(image.file_name, image.file_name);
  for (const auto& [found, indices] : guesses) {
    const auto& first = images[indices.front()].file_name;
    const bool one_name = std::all_of(indices.begin(), indices.end(), [&](size_t i) {
      return path_parts(images[i].file_name) == path_parts(first);
    });
    if (!one_name || taken.contains(found)) continue;
    for (const size_t i : indices) images[i].file_name = found;
  }
}

size_t count_found_at_most(const std::vector<ImageRecord>& images) {
  constexpr size_t kMost = 48;
  return std::min(kMost, images.size());
}

size_t count_found(const std::vector<ImageRecord>& images, const fs::path& folder,
                   const std::set<std::string>& known) {
  const size_t count = count_found_at_most(images);
  size_t found = 0;
  for (size_t i = 0; i < count; ++i) {
    found += name_below(folder, images[i * images.size() / count].file_name, known).has_value();
  }
  return found;
}

ImageIndex::ImageIndex(const FolderSurvey& survey) : folder_names_(survey.folder_names) {
  for (const auto& folder : survey.folders) {
    for (const auto& name : folder.images) {
      by_name_[folded_name(name)].push_back(folder.path / name);
      by_decoded_name_[folded_name(percent_decoded(name))].push_back(folder.path / name);
    }
  }
}

std::vector<const fs::path*> ImageIndex::candidates(std::string_view stated) const {
  auto parts = path_parts(stated);
  if (parts.empty()) return {};
  auto found = by_name_.find(folded_name(parts.back()));
  if (found == by_name_.end()) {
    parts = path_parts(percent_decoded(stated));
    if (parts.empty()) return {};
    found = by_decoded_name_.find(folded_name(parts.back()));
    if (found == by_decoded_name_.end()) return {};
  }
  std::vector<const fs::path*> best;
  size_t best_common = 0;
  for (const auto& path : found->second) {
    const size_t common = parts_in_common(parts, path);
    if (!best.empty() && common < best_common) continue;
    if (common > best_common) best.clear();
    best.push_back(&path);
    best_common = common;
  }
  const bool other_folder =
      best_common == 1 && parts.size() > 1 && folder_names_.contains(parts[parts.size() - 2]);
  return other_folder ? std::vector<const fs::path*>() : best;
}

const fs::path* ImageIndex::find(std::string_view stated) const {
  const auto best = candidates(stated);
  return best.size() == 1 ? best.front() : nullptr;
}

}  // namespace focus::data
