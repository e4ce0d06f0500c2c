// What must be known of an image file to say where its boxes lie: its size, and how it is meant to be turned.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "images/decode.h"
#include "images/exif_orientation.h"
#include "nn/batch.h"

namespace focus::images {

struct StoredImage {
  nn::ImageSize size;   ///< As stored.
  int orientation = 1;  ///< As ImageHeader has it; 1: upright as it is stored.

  nn::ImageSize upright() const { return turned_size(size, orientation); }
  nn::ImageSize read_as(Orientation reading) const {
    return reading == Orientation::kUpright ? upright() : size;
  }
};

/// Looks at a file's beginning, and only where that does not tell at all of it. Throws Error as decode_image;
/// a file that is cut short may pass.
StoredImage look_at_image(const std::filesystem::path& path);

/// The same for many files, by several threads; nothing for those that cannot be read.
std::vector<std::optional<StoredImage>> look_at_images(const std::vector<std::filesystem::path>& paths);

/// Whether an image has a size, upright or as stored; false for what cannot be read.
bool may_have_size(const std::filesystem::path& path, nn::ImageSize size);

}  // namespace focus::images
