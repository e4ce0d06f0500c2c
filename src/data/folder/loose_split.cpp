// Reads one split of a data set that find_loose_dataset() found.
#include <set>

#include "base/error.h"
#include "base/human.h"
#include "base/numbers.h"
#include "data/check/unused_files.h"
#include "data/coco/coco.h"
#include "data/coco/coco_images.h"
#include "data/folder/loose_folder.h"
#include "data/folder/named_objects.h"
#include "data/text_fields.h"
#include "data/text_file.h"
#include "data/voc/voc_classes.h"
#include "data/yolo/yolo_folder.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;

using Names = std::vector<std::string>;

/// The folders with annotation files of images.
std::set<fs::path> annotation_folders(const LooseDataset& dataset) {
  std::set<fs::path> folders;
  for (const auto& [name, split] : dataset.splits) {
    for (const auto& pair : split.pairs) {
      if (!pair.annotation.empty()) folders.insert(pair.annotation.parent_path());
    }
  }
  return folders;
}

/// The list of classes nearest to the annotations: in their folder or one above it, up to the root, or in the
/// root of the images. Two different lists mean two data sets.
std::optional<ClassNames> names_beside(const LooseDataset& dataset) {
  std::optional<ClassNames> found;
  for (fs::path folder : annotation_folders(dataset)) {
    std::vector<fs::path> chain{folder};
    while (folder != dataset.root && folder != folder.parent_path())
      chain.push_back(folder = folder.parent_path());
    chain.push_back(dataset.images.root);
    auto nearest = find_class_names(chain);
    if (found && nearest && found->names != nearest->names) {
      fail("{} and {} name different classes: are these two data sets? name the folder of one of them",
           found->source.string(), nearest->source.string());
    }
    if (!found) found = std::move(nearest);
  }
  return found;
}

std::vector<Category> categories_of(const Names& names) {
  std::vector<Category> categories;
  for (const auto& name : names) categories.push_back({static_cast<int64_t>(categories.size()) + 1, name});
  return categories;
}

/// One more than the highest class number in any label file.
size_t class_numbers_in(const LooseDataset& dataset) {
  // As many as a model can have. Higher numbers are not class numbers, which the reader will report.
  constexpr double kMostClasses = 100'000;
  constexpr uint64_t kMostBytes = uint64_t{1} << 24;
  double most = 0;
  for (const auto& [name, split] : dataset.splits) {
    for (const auto& pair : split.pairs) {
      if (pair.annotation.empty()) continue;
      try {
        for_each_line(read_text_file(pair.annotation, kMostBytes), [&](size_t, std::string_view line) {
          const auto number = number_of(fields_of(line).front());
          if (number && *number >= 0 && *number < kMostClasses) most = std::max(most, *number);
        });
      } catch (const Error&) {
        continue;  // The reader reports what is wrong with it.
      }
    }
  }
  return static_cast<size_t>(most) + 1;
}

DatasetSplit read_numbered(const LooseDataset& dataset, const LooseSplit& split, const fs::path& image_dir,
                           const std::optional<ClassNames>& given, images::Orientation measured,
                           const IssueSink& report) {
  const auto names = given ? given : names_beside(dataset);
  if (names)
    return read_labelled_images(split.pairs, categories_of(names->names), image_dir, measured, report);
  // All splits share their classes, so the labels of all of them are counted.
  const size_t count = class_numbers_in(dataset);
  report({IssueKind::kNoClassNames, dataset.root.string(),
          fmt::format(
              "nothing here names the {} classes (classes.txt, obj.names, data.yaml), so they are called "
              "'class 0' and up; write classes.txt with one name per line into this folder",
              count)});
  return read_labelled_images(split.pairs, categories_of(numbered_names(count)), image_dir, measured, report);
}

DatasetSplit read_objects(const LooseDataset& dataset, const LooseSplit& split, const fs::path& image_dir,
                          const std::optional<ClassNames>& given, const ReadAs& as, const IssueSink& report) {
  const auto& loose = entry_of(dataset.format).loose;
  const ObjectReading reading = loose.reading(as);
  const auto classes = [&] {
    const auto names = given || !loose.classes_are_listed ? given : names_beside(dataset);
    if (names) return VocClasses(names->names, names->source);
    std::vector<fs::path> files;
    for (const auto& [name, any] : dataset.splits) {
      for (const auto& pair : any.pairs) files.push_back(pair.annotation);
    }
    return VocClasses(files, reading.read, dataset.root);
  }();
  return read_named_objects(split.pairs, classes, image_dir, reading, report);
}

}  // namespace

DatasetSplit read_loose_split(const LooseDataset& dataset, const std::string& split,
                              const std::optional<ClassNames>& names, const ReadAs& as,
                              const IssueSink& report) {
  const auto found = dataset.splits.find(split == "valid" ? "val" : split);
  if (found == dataset.splits.end()) {
    Names known;
    for (const auto& [name, any] : dataset.splits) known.push_back(name);
    fail("{}: no split {}; there is {}", dataset.root.string(), in_quotes(split), fmt::join(known, ", "));
  }
  for (const auto& note : dataset.notes) report(note);
  if (entry_of(dataset.format).loose.kind == LooseKind::kSplitFiles) {
    DatasetSplit read{.entries = read_coco(found->second.file, report), .image_dir = {}};
    read.image_dir = place_coco_images(read.entries, found->second.file, dataset.images, report);
    find_alike_images(read.entries.images, read.image_dir, found->second.file, report);
    return read;
  }
  std::vector<fs::path> images;
  for (const auto& pair : found->second.pairs) images.push_back(pair.image);
  const fs::path image_dir = common_folder(images);
  return entry_of(dataset.format).loose.kind == LooseKind::kClassNumbers
             ? read_numbered(dataset, found->second, image_dir, names, as.measured, report)
             : read_objects(dataset, found->second, image_dir, names, as, report);
}

void report_unnamed_images(const LooseDataset& dataset, const std::string& split, const IssueSink& report) {
  if (entry_of(dataset.format).loose.kind != LooseKind::kSplitFiles) return;
  // The splits share the folder, so only one of them reports the images that are in none.
  const auto teller =
      dataset.splits.contains("train") ? dataset.splits.find("train") : dataset.splits.begin();
  if (teller->first != (split == "valid" ? "val" : split)) return;
  std::set<fs::path> named;
  std::string source = teller->second.file.string();
  for (const auto& [name, any] : dataset.splits) {
    AnnotationEntries entries = read_coco(any.file, [](const Issue&) {});
    bool ambiguous = false;
    const fs::path folder = place_coco_images(entries, any.file, dataset.images, [&](const Issue& issue) {
      ambiguous = ambiguous || is_error(issue.kind);
    });
    if (ambiguous) return;  // Which images are named is unclear, which is reported elsewhere.
    find_alike_images(entries.images, folder, any.file, [](const Issue&) {});
    for (const auto& image : entries.images) named.insert((folder / image.file_name).lexically_normal());
    if (dataset.splits.size() > 1) source = "any of the annotation files";
  }
  if (const auto issue = unnamed_images(dataset.images, named, source)) report(*issue);
}

}  // namespace focus::data
