// Annotations and images as they lie about, to a data set in COCO's format.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "data/convert_dataset.h"

namespace focus::data {

struct ImportOptions {
  std::filesystem::path images;       ///< A folder, searched with all below it.
  std::filesystem::path annotations;  ///< A folder, too, or one file.
  std::string names = {};             ///< Of classes, for labels of numbers: a file, or names with commas.
  std::string split = {};             ///< Name for all that is found; empty: as folders and lists divide it.
  ImageTransfer transfer = ImageTransfer::kLink;
  DatasetReading reading = {};
};

struct ImportSummary {
  DatasetFormat format = DatasetFormat::kCoco;  ///< Of the annotations.
  ConvertSummary written;
  int64_t classes = 0;
  int64_t images_without_annotations = 0;  ///< Left out; with YOLO's labels kept, as images without objects.
  int64_t annotations_without_image = 0;   ///< Left out: entries of a COCO file, or annotation files.
};

/// Finds out of what kind the annotations are by looking into them, joins them with their images by name, and
/// writes both into the new folder `out`, which appears complete or not at all. What is left out is given to
/// `say`, a line each. Throws Error if there is nothing to join, or for annotations that cannot be used;
/// UsageError if `out` exists.
ImportSummary import_dataset(const ImportOptions& options, const std::filesystem::path& out,
                             const NoteSink& say);

}  // namespace focus::data
