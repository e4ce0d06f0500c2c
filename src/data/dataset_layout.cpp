#include "data/dataset_layout.h"

#include <algorithm>

#include "base/error.h"
#include "base/paths.h"
#include "data/coco_folder.h"
#include "data/voc_folder.h"
#include "data/yolo_folder.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;

bool is_yaml_name(const fs::path& path) { return path.extension() == ".yaml" || path.extension() == ".yml"; }

// The command that lists all that is wrong where the loader stops at the first fault.
std::string command_to_check(const fs::path& dataset, const std::string& split) {
  return fmt::format("focus-detr dataset check {} --split {}", dataset.string(), split);
}

bool has_split(DatasetFormat format, const fs::path& dataset, const std::string& split) {
  switch (format) {
    case DatasetFormat::kCoco:
      return has_coco_split(dataset, split);
    case DatasetFormat::kYolo:
      return has_yolo_split(dataset, split);
    case DatasetFormat::kVoc:
      return has_voc_split(dataset, split);
  }
  return false;
}

DatasetSplit read_format(DatasetFormat format, const fs::path& dataset, const std::string& split,
                         Orientation measured, VocCorners corners, const IssueSink& report) {
  switch (format) {
    case DatasetFormat::kCoco:
      return read_coco_split(dataset, split, report);
    case DatasetFormat::kYolo:
      return read_yolo_split(dataset, split, measured, report);
    case DatasetFormat::kVoc:
      return read_voc_split(dataset, split, measured, corners, report);
  }
  fail("{}: a format without a reader", dataset.string());
}

}  // namespace

DatasetFormat dataset_format(const fs::path& dataset) {
  if (!is_folder(dataset)) {
    if (is_file(dataset) && is_yaml_name(dataset)) return DatasetFormat::kYolo;
    fail("{}: no such folder; give the folder of a data set in COCO's, YOLO's or Pascal VOC's format",
         dataset.string());
  }
  if (is_coco_folder(dataset)) return DatasetFormat::kCoco;
  if (is_yolo_folder(dataset)) return DatasetFormat::kYolo;
  if (is_voc_folder(dataset)) return DatasetFormat::kVoc;
  fail(
      "{}: no data set: neither annotations/instances_SPLIT.json nor SPLIT/_annotations.coco.json (COCO) nor "
      "data.yaml (YOLO; a file of "
      "another "
      "name can be given itself) nor Annotations/ with ImageSets/Main/ nor SPLIT/*.xml (Pascal VOC) is in "
      "this folder",
      dataset.string());
}

bool is_dataset_path(const fs::path& path) { return is_folder(path) || is_yaml_name(path); }

Orientation convention_of(DatasetFormat format) {
  return format == DatasetFormat::kCoco ? Orientation::kAsStored : Orientation::kUpright;
}

DatasetSplit read_split(const fs::path& dataset, const std::string& split, const IssueSink& report,
                        const DatasetReading& reading) {
  const DatasetFormat format = dataset_format(dataset);
  OrientationRequest request{reading.images, convention_of(format)};
  DatasetSplit read =
      read_format(format, dataset, split, measured_orientation(request), reading.voc_corners, report);
  request.sizes_stated = read.sizes_stated;
  read.settled = settle_orientation(read.entries, read.image_dir, request);
  return read;
}

std::shared_ptr<const AnnotationStore> load_split(const fs::path& dataset, const std::string& split,
                                                  const DatasetReading& reading) {
  if (dataset_format(dataset) == DatasetFormat::kCoco) {
    const SplitPaths paths = find_coco_split(dataset, split);
    return load_coco(paths.annotations, paths.images, reading.images);
  }
  DatasetSplit read = read_split(
      dataset, split,
      [&](const Issue& issue) {
        if (!is_error(issue.kind)) return;
        fail("{}: {}; repair it (`{}` lists all that is wrong)", issue.entry, issue.text,
             command_to_check(dataset, split));
      },
      reading);
  require_readable(read.settled, fmt::format("{}, split '{}'", dataset.string(), split));
  return std::make_shared<const AnnotationStore>(
      std::move(read.entries), std::move(read.image_dir),
      StoreMeaning{read.settled.orientation, read.settled.note, /*ids_are_places=*/true});
}

std::vector<std::string> splits_of(const fs::path& dataset) {
  const DatasetFormat format = dataset_format(dataset);
  std::vector<std::string> found;
  for (const char* split : {"train", "val", "test"}) {
    if (has_split(format, dataset, split)) found.emplace_back(split);
  }
  if (found.empty()) fail("{}: none of the splits train, val and test; name another", dataset.string());
  return found;
}

}  // namespace focus::data
