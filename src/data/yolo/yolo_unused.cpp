#include "data/yolo/yolo_unused.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string>

#include "base/human.h"
#include "base/paths.h"
#include "data/check/unused_files.h"
#include "data/folder/annotation_kind.h"
#include "data/folder/class_names.h"
#include "data/folder/file_ids.h"
#include "data/folder/folder_survey.h"
#include "data/folder/name_forms.h"
#include "data/folder/split_lists.h"
#include "data/yolo/yolo_folder.h"
#include "images/image_paths.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;

fs::path from_root(const fs::path& path) { return absolute_path(path).lexically_normal(); }

fs::path labels_of_folder(const fs::path& images) { return yolo_label_path(images / "x.jpg").parent_path(); }

/// The label files in one folder, and where their images would be.
struct LabelFolder {
  fs::path path, images;
  std::vector<std::string> files;
};

/// The folders of labels that belong to a split's folders of images.
class LabelFolders {
 public:
  explicit LabelFolders(const YoloSources& split) {
    for (const auto& folder : split.folders) {
      const fs::path labels = labels_of_folder(folder);
      add(labels, folder, {});
      if (!is_folder(labels)) continue;
      for (const auto& found : survey_folder(labels).folders) {
        const auto below = found.path.lexically_relative(labels);
        add(found.path, below == "." ? folder : folder / below, found.txt);
      }
    }
    // Subfolders of images without any label, and the folders of listed images.
    for (const auto& image : split.images) {
      const fs::path folder = image.parent_path();
      if (!looked_at_.insert(from_root(folder)).second) continue;
      const fs::path labels = labels_of_folder(folder);
      std::vector<std::string> txt;
      std::error_code fault;
      for (fs::directory_iterator file(labels, fault), end; !fault && file != end; file.increment(fault)) {
        if (images::small_ending(file->path()) == ".txt") txt.push_back(file->path().filename().string());
      }
      std::sort(txt.begin(), txt.end());
      add(labels, folder, txt);
    }
  }

  const std::map<fs::path, LabelFolder>& all() const { return all_; }

 private:
  void add(const fs::path& labels, const fs::path& images, const std::vector<std::string>& txt) {
    auto& folder = all_.try_emplace(from_root(images), LabelFolder{labels, images, {}}).first->second;
    looked_at_.insert(from_root(images));
    if (!folder.files.empty()) return;
    folder.path = labels;
    std::copy_if(txt.begin(), txt.end(), std::back_inserter(folder.files), [](const std::string& name) {
      return !name.starts_with('.') && !is_class_list_name(name) && !is_split_list_name(name);
    });
  }

  std::map<fs::path, LabelFolder> all_;
  std::set<fs::path> looked_at_;
};

/// The images in one folder, by their names without extensions.
struct ImagesByStem {
  std::map<std::string, std::string> read, folded, unread;

  explicit ImagesByStem(const fs::path& folder) {
    std::error_code fault;
    for (fs::directory_iterator file(folder, fault), end; !fault && file != end; file.increment(fault)) {
      const std::string name = file->path().filename().string();
      if (name.starts_with('.')) continue;
      const std::string stem = composed_name(file->path().stem().string());
      if (images::is_image_name(name)) {
        read.emplace(stem, name);
        folded.emplace(folded_name(stem), name);
      } else if (images::is_unread_image_name(name)) {
        unread.emplace(stem, name);
      }
    }
  }
};

class UnusedLabels {
 public:
  explicit UnusedLabels(const std::vector<ImagePair>& pairs) {
    for (const auto& pair : pairs) {
      if (!pair.annotation.empty()) used_.insert(from_root(pair.annotation));
    }
  }

  void look_at(const LabelFolder& folder) {
    const ImagesByStem images(folder.images);
    unread_ += images.unread.size();
    if (!images.unread.empty() && example_.empty()) example_ = folder.images / images.unread.begin()->second;
    for (const auto& name : folder.files) {
      const fs::path file = folder.path / name;
      if (used_.contains(from_root(file))) continue;
      const std::string stem = composed_name(fs::path(name).stem().string());
      if (images.read.contains(stem)) continue;
      if (const auto kind = images.unread.find(stem); kind != images.unread.end()) {
        if (labelled_++ == 0) example_ = folder.images / kind->second;
        continue;
      }
      const auto what = look_into(file);
      if (what.format != DatasetFormat::kYolo && !what.empty) continue;
      alone_.push_back(file);
      const auto near = images.folded.find(folded_name(stem));
      if (near == images.folded.end() || !near_.empty()) continue;
      near_ = fmt::format("; {} and the image {} differ only in case: rename one", in_quotes(file.string()),
                          in_quotes((folder.images / near->second).string()));
    }
  }

  void report_to(const IssueSink& report) const {
    if (unread_ > 0) {
      report({IssueKind::kLeftOut, example_.parent_path().string(),
              unread_images_text(unread_, labelled_, example_)});
    }
    if (!alone_.empty()) {
      report({IssueKind::kLeftOut, alone_.front().parent_path().string(),
              counted_files(alone_, "label files have no image") + "; they are left out" + near_});
    }
  }

 private:
  std::set<fs::path> used_;
  size_t unread_ = 0, labelled_ = 0;
  fs::path example_;
  std::vector<fs::path> alone_;
  std::string near_;
};

}  // namespace

void report_unused_labels(const YoloSources& split, const std::vector<ImagePair>& pairs,
                          const IssueSink& report) {
  UnusedLabels unused(pairs);
  const LabelFolders folders(split);
  for (const auto& [images, folder] : folders.all()) unused.look_at(folder);
  unused.report_to(report);
}

void report_images_elsewhere(const std::vector<YoloSources>& splits, const fs::path& top,
                             const fs::path& source, const IssueSink& report) {
  constexpr size_t kMost = 1'000'000;
  FileIds known;
  std::vector<fs::path> images;
  std::set<fs::path> listed, roots;
  for (const auto& split : splits) {
    for (const auto& image : split.images) {
      known.add(image);
      if (is_there(image)) images.push_back(from_root(image));
      if (split.has_list) listed.insert(from_root(image.parent_path()));
    }
    for (const auto& folder : split.folders) roots.insert(from_root(folder));
  }
  if (images.empty()) return;
  fs::path around = common_folder(images);
  if (around == around.root_path()) return;  // The images share no folder but the root.
  const fs::path highest = from_root(top);
  const auto below = around.lexically_relative(highest);
  const bool inside = !below.empty() && below != "." && !below.string().starts_with("..");
  if (inside && (roots.contains(around) || roots.contains(around.parent_path()))) {
    around = roots.contains(around) ? around.parent_path() : around.parent_path().parent_path();
  }
  const FolderSurvey survey = survey_folder(around, kMost);
  if (!survey.complete) return;  // With so many files it is not the data set's own folder.
  std::vector<fs::path> found;
  for (const auto& folder : survey.folders) {
    const bool in_list = listed.contains(from_root(folder.path));
    for (const auto& name : folder.images) {
      const fs::path image = folder.path / name;
      if ((in_list || is_there(yolo_label_path(image))) && known.lacks(image)) found.push_back(image);
    }
  }
  if (found.empty()) return;
  report({IssueKind::kLeftOut, source.string(),
          counted_files(found, "images are in none of its splits") + "; they are left out"});
}

}  // namespace focus::data
