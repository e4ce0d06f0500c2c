#include "data/coco_images.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <tuple>

#include "data/found_images.h"
#include "data/image_pairs.h"
#include "data/split_name.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;

// Folders that are tried before names are looked up one by one.
constexpr size_t kMostFolders = 256;

bool all_found(const std::vector<ImageRecord>& images, const fs::path& folder,
               const std::set<std::string>& known) {
  return count_found(images, folder, known) == count_found_at_most(images);
}

size_t common_parts(const fs::path& a, const fs::path& b) {
  const auto [end, ignored] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return static_cast<size_t>(std::distance(a.begin(), end));
}

std::string split_of_file(const fs::path& file, const fs::path& root) {
  const auto own = split_spoken_of(file.stem().string());
  return own ? *own : split_of_place(file, root);
}

/// Folders with images and those above them, up to the root, the most likely ones first.
std::vector<fs::path> likely_folders(const fs::path& file, const FolderSurvey& survey) {
  std::set<fs::path> all{survey.root};
  for (const auto& folder : survey.folders) {
    if (folder.images.empty()) continue;
    for (fs::path path = folder.path; path != survey.root && all.insert(path).second;) {
      if (path == path.parent_path()) break;
      path = path.parent_path();
    }
  }
  std::vector<fs::path> folders(all.begin(), all.end());
  const std::string split = split_of_file(file, survey.root);
  const auto score = [&](const fs::path& folder) {
    const bool same_split = !split.empty() && split_of_place(folder / "x", survey.root) == split;
    return std::tuple(same_split, common_parts(folder, file.parent_path()));
  };
  // Ties are won by the first in the order of names, in which folders come before those in them.
  std::stable_sort(folders.begin(), folders.end(),
                   [&](const auto& a, const auto& b) { return score(a) > score(b); });
  if (folders.size() > kMostFolders) folders.resize(kMostFolders);
  return folders;
}

}  // namespace

fs::path choose_image_folder(std::vector<ImageRecord>& images, const std::vector<fs::path>& folders,
                             const std::set<std::string>& known) {
  fs::path best;
  size_t most = 0;
  for (const auto& folder : folders) {
    const size_t found = count_found(images, folder, known);
    if (found > most) {
      most = found;
      best = folder;
    }
    if (found > 0 && found == count_found_at_most(images)) break;
  }
  if (!best.empty()) find_stated_images(images, best, known);
  return best;
}

fs::path place_coco_images(std::vector<ImageRecord>& images, const fs::path& file,
                           const FolderSurvey& survey) {
  // Not in the folder of another split, where another image may have the name.
  const std::string split = split_of_file(file, survey.root);
  FolderSurvey possible = survey;
  std::erase_if(possible.folders, [&](const SurveyedFolder& folder) {
    const auto other = split_of_place(folder.path / "x", survey.root);
    return !split.empty() && !other.empty() && other != split;
  });
  for (const auto& folder : likely_folders(file, possible)) {
    if (!images.empty() && all_found(images, folder, survey.folder_names)) {
      return choose_image_folder(images, {folder}, survey.folder_names);
    }
  }
  // They lie in several folders, or some are not there: each is looked for by itself.
  const ImageIndex index(possible);
  std::map<fs::path, std::set<std::string>> stated;
  std::vector<const fs::path*> found;
  for (const auto& image : images) {
    found.push_back(index.find(image.file_name));
    if (found.back()) stated[*found.back()].insert(image.file_name);
  }
  for (size_t i = 0; i < images.size(); ++i) {
    // Two names that lead to one file: no one can tell whose it is.
    if (!found[i] || stated[*found[i]].size() > 1) continue;
    images[i].file_name = found[i]->lexically_relative(survey.root).string();
  }
  return survey.root;
}

}  // namespace focus::data
