// The facts about an image file that its boxes depend on: its size, and how it must be turned.
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
  int orientation = 1;  ///< As in ImageHeader; 1: upright as stored.

  nn::ImageSize upright() const { return turned_size(size, orientation); }
  nn::ImageSize read_as(Orientation reading) const {
    return reading == Orientation::kUpright ? upright() : size;
  }
};

/// Reads a file's beginning, and the rest only if that is not enough. Throws Error as image_header does; a
/// truncated file may pass.
StoredImage look_at_image(const std::filesystem::path& path);

/// The same for many files, with several threads; none for those that cannot be read.
std::vector<std::optional<StoredImage>> look_at_images(const std::vector<std::filesystem::path>& paths);

/// Whether an image has the size, upright or as stored; false if it cannot be read.
bool may_have_size(const std::filesystem::path& path, nn::ImageSize size);

}  // namespace focus::images
