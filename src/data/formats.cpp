#include "data/formats.h"

#include <spdlog/fmt/fmt.h>

#include "base/error.h"
#include "base/human.h"
#include "data/coco/coco_folder.h"
#include "data/coco/coco_writer.h"
#include "data/kitti/kitti_folder.h"
#include "data/kitti/kitti_labels.h"
#include "data/kitti/kitti_writer.h"
#include "data/labelme/labelme.h"
#include "data/voc/voc_folder.h"
#include "data/voc/voc_writer.h"
#include "data/yolo/yolo_folder.h"
#include "data/yolo/yolo_labels.h"
#include "data/yolo/yolo_writer.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;

fs::path folder_of_split(const fs::path& folder, const std::string& split) {
  return folder / "images" / split;
}

void write_tidy_coco_split(const fs::path& folder, const std::string& split, const AnnotationStore& store,
                           const std::vector<std::string>& names, WrittenBoxes& boxes) {
  write_coco_split(folder, split, store, names, boxes);
}

constexpr DatasetLayout kCocoLayout{.is_here = is_coco_folder,
                                    .has_split = has_coco_split,
                                    .read = read_coco_split,
                                    .annotation_file = coco_annotations};
constexpr DatasetWriter kCocoWriter{
    .image_folder = folder_of_split, .write_split = write_tidy_coco_split, .any_name = true};

constexpr DatasetLayout kYoloLayout{.is_here = is_yolo_folder,
                                    .has_split = has_yolo_split,
                                    .read = read_yolo_split,
                                    .is_dataset_file = is_yolo_file,
                                    .is_undivided = names_classes_alone,
                                    .lacks_test = lacks_yolo_test};
constexpr UsualFolders kYoloFolders[] = {{"images", "labels"}, {"JPEGImages", "labels"}};
constexpr DatasetWriter kYoloWriter{.image_folder = folder_of_split,
                                    .write_split = write_yolo_labels,
                                    .finish = write_yolo_config,
                                    .any_split = false};

constexpr DatasetLayout kVocLayout{
    .is_here = is_voc_folder, .has_split = has_voc_split, .read = read_voc_split};
constexpr UsualFolders kVocFolders[] = {{"JPEGImages", "Annotations"}, {"images", "annotations"}};
constexpr DatasetWriter kVocWriter{
    .image_folder = voc_image_folder, .write_split = write_voc_split, .finish = write_voc_classes};

constexpr DatasetLayout kKittiLayout{
    .is_here = is_kitti_folder, .has_split = has_kitti_split, .read = read_kitti_split};
constexpr UsualFolders kKittiFolders[] = {{"image_2", "label_2"}};
constexpr DatasetWriter kKittiWriter{
    .image_folder = kitti_image_folder, .write_split = write_kitti_split, .finish = write_kitti_classes};

constexpr FormatEntry kFormats[] = {
    {.format = DatasetFormat::kCoco,
     .option = "coco",
     .name = "COCO",
     .convention = images::Orientation::kAsStored,
     .has_image_ids = true,
     .layout = &kCocoLayout,
     .loose = {.kind = LooseKind::kSplitFiles, .files = &SurveyedFolder::json, .called = "JSON"},
     .writer = &kCocoWriter},
    {.format = DatasetFormat::kYolo,
     .option = "yolo",
     .name = "YOLO",
     .layout = &kYoloLayout,
     .loose = {.kind = LooseKind::kClassNumbers,
               .files = &SurveyedFolder::txt,
               .called = "labels",
               .usual = kYoloFolders,
               .is_line = is_yolo_label,
               .unlabelled_are_empty = true},
     .writer = &kYoloWriter},
    {.format = DatasetFormat::kVoc,
     .option = "voc",
     .name = "Pascal VOC",
     .layout = &kVocLayout,
     .loose = {.kind = LooseKind::kNamedObjects,
               .files = &SurveyedFolder::xml,
               .called = "XML",
               .usual = kVocFolders,
               .reading = voc_reading},
     .writer = &kVocWriter},
    {.format = DatasetFormat::kKitti,
     .option = "kitti",
     .name = "KITTI",
     .layout = &kKittiLayout,
     .loose = {.kind = LooseKind::kNamedObjects,
               .files = &SurveyedFolder::txt,
               .called = "labels",
               .usual = kKittiFolders,
               .is_line = is_kitti_label,
               .reading = kitti_reading},
     .writer = &kKittiWriter},
    {.format = DatasetFormat::kLabelme,
     .option = "labelme",
     .name = "labelme",
     .loose = {.kind = LooseKind::kNamedObjects,
               .files = &SurveyedFolder::json,
               .called = "JSON",
               .reading = labelme_reading,
               .classes_are_listed = false}},  // Its own labels.txt also lists names that are not classes.
};

/// "a, b or c".
std::string enumerated(const std::vector<std::string>& words, const std::string& last) {
  std::string text;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " " + last + " " : ", ";
    text += words[i];
  }
  return text;
}

}  // namespace

std::span<const FormatEntry> dataset_formats() { return kFormats; }

const FormatEntry& entry_of(DatasetFormat format) {
  for (const auto& entry : kFormats) {
    if (entry.format == format) return entry;
  }
  fail("data set format {} has no entry", static_cast<int>(format));
}

const char* name_of(DatasetFormat format) { return entry_of(format).name; }

images::Orientation convention_of(DatasetFormat format) { return entry_of(format).convention; }

std::string layout_formats() {
  std::vector<std::string> names;
  for (const auto& entry : kFormats) {
    if (entry.layout) names.push_back(std::string(entry.name) + "'s");
  }
  return enumerated(names, "or");
}

std::string all_formats() {
  std::vector<std::string> names;
  for (const auto& entry : kFormats) names.push_back(std::string(entry.name) + "'s");
  return enumerated(names, "or");
}

std::string annotation_kinds(const std::string& last) {
  std::vector<std::string> kinds;
  for (const auto& entry : kFormats) kinds.push_back(fmt::format("{}'s {}", entry.name, entry.loose.called));
  return enumerated(kinds, last);
}

std::vector<std::string> writable_formats() {
  std::vector<std::string> options;
  for (const auto& entry : kFormats) {
    if (entry.writer) options.emplace_back(entry.option);
  }
  return options;
}

DatasetFormat writable_format(const std::string& option) {
  for (const auto& entry : kFormats) {
    if (entry.writer && option == entry.option) return entry.format;
  }
  fail_usage("{} is not a format that can be written; choose {}", in_quotes(option),
             enumerated(writable_formats(), "or"));
}

}  // namespace focus::data
