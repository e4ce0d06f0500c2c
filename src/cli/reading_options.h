// Options on how to read a data set: --exif-orientation and --voc-corners.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "data/dataset_reading.h"
#include "data/voc/voc_corners.h"
#include "images/image_reading.h"

namespace focus::cli {

/// --exif-orientation: which way up the images of a data set are read.
struct ExifOption {
  std::optional<bool> upright;

  /// @param otherwise how images are read where the option is not given, for the help text
  void add_to(CLI::App& subcommand, const std::string& otherwise) {
    subcommand.add_flag_function(
        "--exif-orientation,!--no-exif-orientation", [this](int64_t given) { upright = given > 0; },
        "Turn the data set's images upright by their EXIF orientation or, with =false, read them as stored; "
        "by default " +
            otherwise + ".");
  }

  images::ImageReading reading(images::ImageReading otherwise = images::ImageReading::kByDataset) const {
    if (!upright) return otherwise;
    return *upright ? images::ImageReading::kUpright : images::ImageReading::kAsStored;
  }
};

inline constexpr const char* kDatasetDecides = "as its format and the sizes in its annotations imply";

inline constexpr const char* kModelDecides =
    "as in the model's training if its file says so, else as the data set's format and annotated sizes imply";

/// --voc-corners: how the corners of Pascal VOC annotations are counted.
struct VocCornersOption {
  std::string name = data::kKitCorners;

  void add_to(CLI::App& subcommand) {
    subcommand
        .add_option("--voc-corners", name,
                    "Corners of Pascal VOC annotations: kit (pixels counted from 1, the last one inside the "
                    "box) or plain (edges counted from 0), as many programs write them.")
        ->check(CLI::IsMember({data::kKitCorners, data::kPlainCorners}))
        ->capture_default_str();
  }
  data::VocCorners corners() const { return data::voc_corners(name); }
};

struct ReadingOptions {
  ExifOption exif;
  VocCornersOption voc_corners;

  /// @param otherwise how images are turned where --exif-orientation is not given, for the help text
  void add_to(CLI::App& subcommand, const std::string& otherwise) {
    exif.add_to(subcommand, otherwise);
    voc_corners.add_to(subcommand);
  }

  data::DatasetReading reading(images::ImageReading otherwise = images::ImageReading::kByDataset) const {
    return {exif.reading(otherwise), voc_corners.corners()};
  }
};

}  // namespace focus::cli
