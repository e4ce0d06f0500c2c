#include "data/coco/coco_images.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "base/human.h"
#include "base/paths.h"
#include "data/check/alike_files.h"
#include "data/folder/file_ids.h"
#include "data/folder/found_images.h"
#include "data/folder/image_pairs.h"
#include "data/folder/name_forms.h"
#include "data/folder/split_name.h"
#include "data/unsized_images.h"
#include "images/stored_image.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;

// The most folders that are tried before names are looked up one by one.
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

/// A folder, and how likely it holds the images of an annotation file.
struct LikelyFolder {
  fs::path path;
  std::pair<bool, size_t> score;
};

/// Folders with images and those above them, up to the root, the most likely ones first.
std::vector<LikelyFolder> likely_folders(const fs::path& file, const FolderSurvey& survey) {
  std::set<fs::path> all{survey.root};
  for (const auto& folder : survey.folders) {
    if (folder.images.empty()) continue;
    for (fs::path path = folder.path; path != survey.root && all.insert(path).second;) {
      if (path == path.parent_path()) break;
      path = path.parent_path();
    }
  }
  const std::string split = split_of_file(file, survey.root);
  std::vector<LikelyFolder> folders;
  for (const auto& folder : all) {
    const bool same_split = !split.empty() && split_of_place(folder / "x", survey.root) == split;
    folders.push_back({folder, {same_split, common_parts(folder, file.parent_path())}});
  }
  // Ties keep the order of names, in which folders come before their subfolders.
  std::stable_sort(folders.begin(), folders.end(),
                   [](const auto& a, const auto& b) { return a.score > b.score; });
  if (folders.size() > kMostFolders) folders.resize(kMostFolders);
  return folders;
}

/// The files that may be an image; a file that is reached by several paths counts once.
class Choice {
 public:
  void add(const fs::path& file) {
    const bool known = std::any_of(files_.begin(), files_.end(), [&](const fs::path& other) {
      std::error_code fault;
      return other.lexically_normal() == file.lexically_normal() || fs::equivalent(other, file, fault);
    });
    if (!known) files_.push_back(file);
  }

  /// Keeps only the file with the stated size, if just one has it.
  void settle(const ImageRecord& image) {
    if (files_.size() < 2) return;
    std::vector<fs::path> fitting;
    for (const auto& file : files_) {
      if (image.size.height == 0 || images::may_have_size(file, image.size)) fitting.push_back(file);
    }
    if (fitting.size() == 1) files_ = std::move(fitting);
  }

  const std::vector<fs::path>& files() const { return files_; }

 private:
  std::vector<fs::path> files_;
};

/// Counts names that are found in another percent-encoding.
class EncodedNames {
 public:
  void add(const std::string& stated, const std::string& found) {
    if (count_++ == 0) stated_ = stated, found_ = found;
  }

  void report_to(const IssueSink& report, const fs::path& source) const {
    if (count_ == 0) return;
    report({IssueKind::kReadOtherwise, source.string(),
            fmt::format("{} images are found by names that differ from the stated ones only in "
                        "percent-encoding, such as {} for {}",
                        count_, in_quotes(found_), in_quotes(stated_))});
  }

 private:
  size_t count_ = 0;
  std::string stated_, found_;
};

/// Gives each image the name of the only file that it may be, relative to the root; reports images that may
/// be several files.
void settle_choices(AnnotationEntries& entries, std::vector<Choice>& choices, const fs::path& root,
                    const fs::path& source, const IssueSink& report) {
  EncodedNames encoded;
  std::map<fs::path, std::set<std::string>> stated;
  std::vector<bool> leave(choices.size(), false);
  for (size_t i = 0; i < choices.size(); ++i) {
    auto& image = entries.images[i];
    choices[i].settle(image);
    const auto& files = choices[i].files();
    if (files.size() == 1) stated[files.front()].insert(image.file_name);
    if (files.size() < 2) continue;
    leave[i] = true;
    report({IssueKind::kAmbiguousImage, fmt::format("image {}", entries.ids.images.shown(image.id)),
            fmt::format(
                "has the file_name {}, which fits {} and {}; add the folder to file_name, or name the folder "
                "that is meant: `focus-detr dataset import --images {} --annotations FILE --out NEW`",
                in_quotes(image.file_name), files[0].string(), files[1].string(),
                files[0].parent_path().string())});
  }
  for (size_t i = 0; i < choices.size(); ++i) {
    const auto& files = choices[i].files();
    // If two names lead to one file, either could be meant, so neither is changed.
    if (files.size() != 1 || stated[files.front()].size() > 1) continue;
    const auto found = files.front().lexically_relative(root).string();
    auto& name = entries.images[i].file_name;
    if (const auto parts = path_parts(name);
        !parts.empty() && differ_in_encoding(parts.back(), files.front().filename().string())) {
      encoded.add(name, found);
    }
    name = found;
  }
  encoded.report_to(report, source);
  leave_out(entries, leave);
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

fs::path place_coco_images(AnnotationEntries& entries, const fs::path& file, const FolderSurvey& survey,
                           const IssueSink& report) {
  auto& images = entries.images;
  if (images.empty()) return survey.root;
  // Folders of other splits are excluded: another image there may have the same name.
  const std::string split = split_of_file(file, survey.root);
  FolderSurvey possible = survey;
  std::erase_if(possible.folders, [&](const SurveyedFolder& folder) {
    const auto other = split_of_place(folder.path / "x", survey.root);
    return !split.empty() && !other.empty() && other != split;
  });
  std::vector<LikelyFolder> with_all;
  for (auto& folder : likely_folders(file, possible)) {
    if (!with_all.empty() && folder.score != with_all.front().score) break;
    if (all_found(images, folder.path, survey.folder_names)) with_all.push_back(std::move(folder));
  }
  std::vector<Choice> choices(images.size());
  if (!with_all.empty()) {
    bool several = false;
    for (size_t i = 0; i < images.size() && (i == 0 || several || with_all.size() > 1); ++i) {
      for (const auto& folder : with_all) {
        const auto name = name_below(folder.path, images[i].file_name, survey.folder_names);
        if (name) choices[i].add(folder.path / *name);
      }
      several = several || choices[i].files().size() > 1;
    }
    if (!several) return choose_image_folder(images, {with_all.front().path}, survey.folder_names);
  } else {
    // The images lie in several folders, or some are missing: look for each one on its own.
    const ImageIndex index(possible);
    for (size_t i = 0; i < images.size(); ++i) {
      for (const auto* found : index.candidates(images[i].file_name)) choices[i].add(*found);
    }
  }
  settle_choices(entries, choices, survey.root, file, report);
  return survey.root;
}

void find_alike_images(std::vector<ImageRecord>& images, const fs::path& folder, const fs::path& source,
                       const IssueSink& report) {
  if (!is_folder(folder)) return;
  AlikeFiles alike;
  std::map<fs::path, std::vector<size_t>> encoded;
  std::set<fs::path> taken;
  for (size_t i = 0; i < images.size(); ++i) {
    auto& image = images[i];
    const fs::path stated = folder / image.file_name;
    const auto found = alike.find(stated);
    if (found.size() == 1) image.file_name = found.front().lexically_relative(folder).string();
    fs::path other;
    if (found.empty() && !is_there(stated)) other = alike.encoded(stated);
    if (other.empty()) {
      taken.insert(folder / image.file_name);
    } else {
      encoded[other].push_back(i);
    }
  }
  EncodedNames names;
  for (const auto& [file, indices] : encoded) {
    if (indices.size() > 1 || taken.contains(file)) continue;
    auto& name = images[indices.front()].file_name;
    const auto found = file.lexically_relative(folder).string();
    names.add(name, found);
    name = found;
  }
  names.report_to(report, source);
}

std::optional<Issue> unnamed_images(const FolderSurvey& survey, const std::set<fs::path>& named,
                                    const std::string& source) {
  int64_t count = 0;
  fs::path first;
  // Names may lead to the same files by other paths, which is checked only if needed.
  std::optional<FileIds> known;
  for (const auto& folder : survey.folders) {
    for (const auto& name : folder.images) {
      const fs::path path = folder.path / name;
      if (named.contains(path.lexically_normal())) continue;
      if (!known) {
        known.emplace();
        for (const auto& other : named) known->add(other);
      }
      if (!known->lacks(path)) continue;
      if (count++ == 0) first = path;
    }
  }
  if (count == 0) return {};
  return Issue{IssueKind::kLeftOut, survey.root.string(),
               fmt::format("{} images are not named in {}, such as {}; they are left out", count, source,
                           in_quotes(first.string()))};
}

}  // namespace focus::data
