// The options that say how a data set is read: --exif-orientation and --voc-corners.
#pragma once

#include <string>

#include "cli/exif_option.h"
#include "cli/voc_corners_option.h"
#include "data/dataset_reading.h"

namespace focus::cli {

struct ReadingOptions {
  ExifOption exif;
  VocCornersOption voc_corners;

  /// @param otherwise who decides on the images' orientation where the option is not given
  void add_to(CLI::App& subcommand, const std::string& otherwise) {
    exif.add_to(subcommand, otherwise);
    voc_corners.add_to(subcommand);
  }

  data::DatasetReading reading(images::ImageReading otherwise = images::ImageReading::kByDataset) const {
    return {exif.reading(otherwise), voc_corners.corners()};
  }
};

}  // namespace focus::cli
