// Converts data sets from one format to another.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "data/dataset_layout.h"
#include "data/written_boxes.h"

namespace focus::data {

/// How images get into the new folder: as hard links, which take no space (copies where the file system has
/// none), as copies, or not at all, for annotations alone.
enum class ImageTransfer { kLink, kCopy, kNone };

struct ConvertOptions {
  DatasetFormat to = DatasetFormat::kCoco;
  std::vector<std::string> splits = {};  ///< Empty: those of train, val and test that exist.
  ImageTransfer transfer = ImageTransfer::kLink;
  DatasetReading reading = {};  ///< Of the input; Pascal VOC output always has the kit's corners.
};

struct ConvertSummary {
  std::vector<std::string> splits;
  int64_t images = 0;
  WrittenBoxes boxes;
};

/// Entries that become a split.
struct NamedSplit {
  std::string name;
  std::shared_ptr<const AnnotationStore> store;
};

/// Writes splits into the new folder `out` as convert_dataset does; `dataset` names them in messages.
ConvertSummary write_splits(const std::filesystem::path& dataset, const std::vector<NamedSplit>& splits,
                            const std::filesystem::path& out, const ConvertOptions& options);

/// Writes the splits of `dataset` into the new folder `out`, which appears complete or not at all. Images get
/// names without folders that are unique even without their extensions; names that already are do not change.
/// Boxes and sizes of images with an EXIF orientation follow the new format's convention (convention_of).
/// Throws Error for a data set that load_split refuses, splits with different classes, missing images, and
/// what cannot be written; UsageError for a format that cannot be written, if `out` exists and is not an
/// empty folder, or for a split that the format cannot hold.
ConvertSummary convert_dataset(const std::filesystem::path& dataset, const std::filesystem::path& out,
                               const ConvertOptions& options);

}  // namespace focus::data
