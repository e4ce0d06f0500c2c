#include "data/kitti/kitti_folder.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "base/error.h"
#include "base/human.h"
#include "base/paths.h"
#include "data/check/alike_files.h"
#include "data/check/unused_files.h"
#include "data/folder/annotated_images.h"
#include "data/folder/class_names.h"
#include "data/folder/name_forms.h"
#include "data/folder/named_objects.h"
#include "data/folder/split_name.h"
#include "data/kitti/kitti_labels.h"
#include "data/text_fields.h"
#include "data/text_file.h"
#include "data/voc/voc_classes.h"
#include "images/image_paths.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLabelFolder = "label_2";
constexpr const char* kImageFolder = "image_2";  // Of the left colour camera, which the labels belong to.

/// A folder of images and their labels: training/, or the data set itself.
struct KittiPart {
  fs::path folder;
  std::string split;  ///< The split that the folder is named after; empty if none.

  fs::path labels() const { return folder / kLabelFolder; }
  fs::path images() const { return folder / kImageFolder; }
};

std::vector<fs::path> folders_with_images(const fs::path& dataset) {
  if (is_folder(dataset / kImageFolder)) return {dataset};
  std::vector<fs::path> found;
  for (const auto& path : entries_if_any(dataset)) {
    if (is_folder(path / kImageFolder)) found.push_back(path);
  }
  return found;
}

std::vector<KittiPart> parts_of(const fs::path& dataset) {
  std::vector<KittiPart> parts;
  for (const auto& folder : folders_with_images(dataset)) {
    if (!is_folder(folder / kLabelFolder)) continue;
    const bool itself = folder == dataset;
    parts.push_back({folder, itself ? "" : split_spoken_of(folder.filename().string()).value_or("")});
  }
  return parts;
}

/// The part of a split. A single part that is not named after a split is train.
std::optional<KittiPart> part_of(const fs::path& dataset, const std::vector<KittiPart>& parts,
                                 const std::string& split) {
  std::optional<KittiPart> found;
  for (const auto& part : parts) {
    if (part.split != split) continue;
    if (found) {
      fail("{}: {} and {} could both be the split '{}'; name one of these folders", dataset.string(),
           found->folder.string(), part.folder.string(), split);
    }
    found = part;
  }
  if (!found && split == "train" && parts.size() == 1 && parts.front().split.empty()) return parts.front();
  return found;
}

/// Lists of names, by the split they are for.
std::vector<std::pair<std::string, fs::path>> lists_in(const fs::path& dataset) {
  std::vector<std::pair<std::string, fs::path>> lists;
  for (const auto& path : entries_if_any(dataset / "ImageSets")) {
    if (images::small_ending(path) == ".txt" && is_file(path)) lists.emplace_back(path.stem().string(), path);
  }
  const auto has = [&](const char* name) {
    return std::any_of(lists.begin(), lists.end(), [&](const auto& list) { return list.first == name; });
  };
  if (!has("train") && !has("val")) {
    for (auto& [name, path] : lists) {
      if (name == "trainval") name = "train";
    }
  }
  return lists;
}

/// Where a split is.
struct KittiSplit {
  KittiPart part;
  fs::path list;  ///< Empty where the whole part is the split.
};

/// The splits of a data set, by its folders and lists.
class KittiFolder {
 public:
  explicit KittiFolder(const fs::path& dataset)
      : dataset_(dataset), parts_(parts_of(dataset)), lists_(lists_in(dataset)) {
    for (const auto& [split, list] : lists_) {
      if (const auto part = listed_part(split)) divided_.insert(part->folder);
    }
  }

  std::optional<KittiSplit> find(const std::string& split) const {
    for (const auto& [name, list] : lists_) {
      if (name != split) continue;
      if (const auto part = listed_part(split)) return KittiSplit{*part, list};
    }
    const auto part = part_of(dataset_, parts_, split);
    // A part that lists divide is read only through the lists.
    if (!part || divided_.contains(part->folder)) return {};
    return KittiSplit{*part, {}};
  }

  KittiSplit require(const std::string& split) const {
    if (auto found = find(split)) return *found;
    for (const auto& folder : folders_with_images(dataset_)) {
      if (split_spoken_of(folder.filename().string()) == split && !is_folder(folder / kLabelFolder)) {
        fail("{}: no {}, so the images of split '{}' have no labels", folder.string(), kLabelFolder, split);
      }
    }
    fail("{}: no ImageSets/{}.txt, and no folder of that name with {} and {}; is there a split '{}'?",
         dataset_.string(), split, kImageFolder, kLabelFolder, split);
  }

  /// Whether this split is the one that reports files that belong to no split.
  bool is_first(const std::string& split) const {
    for (const char* name : {"train", "val", "test"}) {
      if (find(name)) return split == name;
    }
    return true;
  }

  const std::vector<KittiPart>& parts() const { return parts_; }
  const std::vector<std::pair<std::string, fs::path>>& lists() const { return lists_; }
  const fs::path& dataset() const { return dataset_; }

  /// The part that a list's names refer to: the numbers in testing/ are other images.
  std::optional<KittiPart> listed_part(const std::string& split) const {
    if (auto own = part_of(dataset_, parts_, split)) return own;
    // A folder of images without labels cannot be used as a split.
    const auto unlabelled = folders_with_images(dataset_);
    const bool elsewhere = std::any_of(unlabelled.begin(), unlabelled.end(), [&](const fs::path& folder) {
      return folder != dataset_ && split_spoken_of(folder.filename().string()) == split;
    });
    return elsewhere ? std::nullopt : part_of(dataset_, parts_, "train");
  }

 private:
  fs::path dataset_;
  std::vector<KittiPart> parts_;
  std::vector<std::pair<std::string, fs::path>> lists_;
  std::set<fs::path> divided_;
};

/// The label files of a part, sorted.
std::vector<fs::path> label_files(const KittiPart& part) {
  auto files = files_below(part.labels());
  std::erase_if(files, [](const fs::path& file) {
    const auto name = file.filename().string();
    return images::small_ending(file) != ".txt" || name.starts_with('.') || is_class_list_name(name);
  });
  return files;
}

/// "000007" from a line that names a label file, an image, or either without its extension.
fs::path listed_name(std::string_view line) {
  fs::path name = fs::path(line).lexically_normal();
  for (auto part = name.begin(); part != name.end(); ++part) {
    if (*part != kImageFolder && *part != kLabelFolder) continue;
    fs::path behind;
    while (++part != name.end()) behind /= *part;
    name = behind;
    break;
  }
  return images::is_image_name(name) || name.extension() == ".txt" ? name.replace_extension() : name;
}

std::vector<fs::path> listed_labels(const KittiSplit& split, const IssueSink& report) {
  constexpr uint64_t kMostBytes = uint64_t{1} << 28;
  std::vector<fs::path> files;
  AlikeFiles alike;
  for_each_line(read_text_file(split.list, kMostBytes), [&](size_t number, std::string_view line) {
    const auto name = listed_name(line);
    if (name.is_absolute() || name.empty() || *name.begin() == "..") {
      return report(
          {IssueKind::kBadLine, fmt::format("{}:{}", split.list.string(), number),
           fmt::format("{} is not the name of a file in {}", in_quotes(line), split.part.labels().string())});
    }
    files.push_back(alike.find_one(split.part.labels() / (name.string() + ".txt")));
  });
  return files;
}

VocClasses classes_of(const KittiFolder& folder) {
  if (const auto list = find_class_names({folder.dataset()})) return {list->names, list->source};
  std::vector<fs::path> files;
  for (const auto& part : folder.parts()) {
    auto own = label_files(part);
    files.insert(files.end(), own.begin(), own.end());
  }
  return {files, read_kitti_labels, folder.dataset()};
}

/// Reports files of a split's part that belong to no split; only the first split that shares the part does
/// so.
void report_unused(const KittiFolder& folder, const KittiSplit& split, const std::string& name,
                   const std::vector<fs::path>& labels, const DatasetSplit& read, const IssueSink& report) {
  std::set<std::string> known;
  const auto key = [](const fs::path& file, const fs::path& root) {
    return composed_name(file.lexically_relative(root).replace_extension().string());
  };
  for (const auto& file : labels) known.insert(key(file, split.part.labels()));
  if (!split.list.empty()) {
    for (const std::string other : {"train", "val", "test"}) {
      const auto found = folder.find(other);
      if (!found || found->list.empty() || found->part.folder != split.part.folder) continue;
      if (other != name) return;
      break;
    }
    for (const auto& [other, list] : folder.lists()) {
      const auto part = folder.listed_part(other);
      if (!part || part->folder != split.part.folder) continue;
      try {
        for (const auto& file : listed_labels({*part, list}, [](const Issue&) {})) {
          known.insert(key(file, part->labels()));
        }
      } catch (const Error&) {
        continue;  // Reading that split reports it.
      }
    }
  }
  std::set<fs::path> used;
  for (const auto& image : read.entries.images) {
    used.insert((read.image_dir / image.file_name).lexically_normal());
  }
  std::vector<fs::path> unlisted, alone;
  for (const auto& file : label_files(split.part)) {
    if (!known.contains(key(file, split.part.labels()))) unlisted.push_back(file);
  }
  for (const auto& file : files_below(split.part.images())) {
    const bool seen =
        used.contains(file.lexically_normal()) || known.contains(key(file, split.part.images()));
    const bool labelled = is_file(split.part.labels() / (key(file, split.part.images()) + ".txt"));
    if (images::is_image_name(file) && !file.filename().string().starts_with('.') && !seen && !labelled) {
      alone.push_back(file);
    }
  }
  if (!unlisted.empty()) {
    report({IssueKind::kLeftOut, split.part.labels().string(),
            counted_files(unlisted, "label files are in no list of ImageSets") + "; they are left out"});
  }
  if (!alone.empty()) {
    report({IssueKind::kLeftOut, split.part.images().string(),
            counted_files(alone, "images have no label file") + "; they are left out"});
  }
}

/// Reports folders that no split uses, such as KITTI's own testing/, whose labels are not published.
void report_other_folders(const KittiFolder& folder, const IssueSink& report) {
  for (const auto& path : folders_with_images(folder.dataset())) {
    if (!is_folder(path / kLabelFolder)) {
      report({IssueKind::kLeftOut, path.string(),
              fmt::format("has no {}; its images are left out", kLabelFolder)});
    } else if (path != folder.dataset() && folder.parts().size() > 1 &&
               !split_spoken_of(path.filename().string())) {
      report(
          {IssueKind::kLeftOut, path.string(), "is not named after a split, unlike others; it is left out"});
    }
  }
}

std::string usual_split(const std::string& split) { return split == "valid" ? "val" : split; }

}  // namespace

bool is_kitti_folder(const fs::path& dataset) { return !parts_of(dataset).empty(); }

bool has_kitti_split(const fs::path& dataset, const std::string& split) {
  return KittiFolder(dataset).find(usual_split(split)).has_value();
}

DatasetSplit read_kitti_split(const fs::path& dataset, const std::string& asked, const ReadAs& as,
                              const IssueSink& report) {
  const KittiFolder folder(dataset);
  const std::string name = usual_split(asked);
  const KittiSplit split = folder.require(name);
  const auto labels = split.list.empty() ? label_files(split.part) : listed_labels(split, report);
  if (labels.empty()) {
    report({IssueKind::kEmptySplit, (split.list.empty() ? split.part.labels() : split.list).string(),
            split.list.empty() ? "has no label file; write one for each image, or remove it"
                               : "lists no image; write one name per line, or remove it"});
  }
  const VocClasses classes = classes_of(folder);
  std::vector<ImagePair> pairs;
  for (const auto& file : labels) pairs.push_back({{}, file});
  ObjectReading reading = kitti_reading(as);
  reading.class_list = dataset / "labels.txt";
  AnnotatedImages images(split.part.labels(), split.part.images(), "remove or rename one");
  reading.find = [&](const fs::path& annotation, const std::string& stated) {
    return images.find(annotation, stated, report);
  };
  auto read = read_named_objects(pairs, classes, split.part.images(), reading, report);
  images.report_encoded(report);
  report_unused(folder, split, name, labels, read, report);
  if (folder.is_first(name)) report_other_folders(folder, report);
  return read;
}

}  // namespace focus::data
