// Imports annotations and images, wherever they lie, into a data set in COCO's format.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "data/convert_dataset.h"

namespace focus::data {

struct ImportOptions {
  std::filesystem::path images;       ///< A folder, searched recursively.
  std::filesystem::path annotations;  ///< A folder, also searched recursively, or one file.
  std::string names = {};             ///< Of classes, for labels with numbers: a file, or a list with commas.
  std::string split = {};             ///< One split for everything; empty: as folders and lists divide it.
  ImageTransfer transfer = ImageTransfer::kLink;
  DatasetReading reading = {};
};

struct ImportSummary {
  DatasetFormat format = DatasetFormat::kCoco;  ///< Of the annotations.
  ConvertSummary written;
  int64_t classes = 0;
  int64_t images_without_annotations = 0;  ///< Left out; for YOLO kept, as images without objects.
  int64_t annotations_without_image = 0;   ///< Left out: entries of a COCO file, or annotation files.
};

/// Recognises the format of the annotations by their content, matches them with images by name, and writes
/// both into the new folder `out`, which appears complete or not at all. `say` gets a line about whatever is
/// left out. Throws Error if there is nothing to match, or for annotations that cannot be used; UsageError if
/// `out` exists.
ImportSummary import_dataset(const ImportOptions& options, const std::filesystem::path& out,
                             const NoteSink& say);

}  // namespace focus::data
