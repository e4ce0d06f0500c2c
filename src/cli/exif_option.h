// --exif-orientation: which way up the images of a data set are read.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "images/image_reading.h"

namespace focus::cli {

struct ExifOption {
  std::optional<bool> upright;

  /// @param otherwise who decides where the option is not given
  void add_to(CLI::App& subcommand, const std::string& otherwise) {
    subcommand.add_flag_function(
        "--exif-orientation,!--no-exif-orientation", [this](int64_t given) { upright = given > 0; },
        "Read the data set's images turned upright by their EXIF orientation, or, with =false, as they are "
        "stored; otherwise " +
            otherwise + ".");
  }

  images::ImageReading reading(images::ImageReading otherwise = images::ImageReading::kByDataset) const {
    if (!upright) return otherwise;
    return *upright ? images::ImageReading::kUpright : images::ImageReading::kAsStored;
  }
};

inline constexpr const char* kDatasetDecides = "as its format and its stated sizes tell";

inline constexpr const char* kModelDecides =
    "as in the training of the model, whose file says so, or as the data set's format and stated sizes tell";

}  // namespace focus::cli
