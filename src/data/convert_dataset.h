// Data sets from one format to another.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "data/dataset_layout.h"
#include "data/written_boxes.h"

namespace focus::data {

/// What becomes of the images: hard links, which take no space (copies where the file system has none),
/// copies, or nothing, for annotations alone.
enum class ImageTransfer { kLink, kCopy, kNone };

struct ConvertOptions {
  DatasetFormat to = DatasetFormat::kCoco;
  std::vector<std::string> splits = {};  ///< Empty: those of train, val and test that there are.
  ImageTransfer transfer = ImageTransfer::kLink;
  DatasetReading reading = {};  ///< Of the data set that is read; the kit's corners are written.
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

/// Writes splits into the new folder `out` as convert_dataset does; `dataset` stands for them in messages.
ConvertSummary write_splits(const std::filesystem::path& dataset, const std::vector<NamedSplit>& splits,
                            const std::filesystem::path& out, const ConvertOptions& options);

/// Writes the splits of `dataset` into the new folder `out`, which appears complete or not at all. Images
/// get flat names that are unique without their endings, the same as before where those are. Where EXIF
/// data turn images, boxes and sizes become those that the new format's convention asks for
/// (convention_of). Throws Error for a data set that load_split refuses, splits of different classes,
/// images that are missing, and what cannot be written; UsageError for a format that is only read, if `out` exists and is not an empty
/// folder, or for a split that the format has no place for.
ConvertSummary convert_dataset(const std::filesystem::path& dataset, const std::filesystem::path& out,
                               const ConvertOptions& options);

}  // namespace focus::data
