// The images of a split by their file names, from a folder of image files or a file of decoded images.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "data/pack/image_pack.h"
#include "images/decode.h"
#include "images/image.h"

namespace focus::data {

/// Thread-safe: it never changes.
class ImageStore {
 public:
  /// @param place       the folder, or a pack (image_pack.h), whose images are as they were packed
  /// @param orientation kUpright accepts a pack only if it was packed upright. Throws Error otherwise.
  ImageStore(std::filesystem::path place, images::Orientation orientation);

  /// An image, 8-bit BGR. Throws Error naming it if there is none or it cannot be decoded (decode.h).
  /// @param part_read as in decode_image; cleared for a pack
  images::Image read(const std::string& name, std::string* part_read = nullptr) const;

  bool has(const std::string& name) const;
  bool packed() const { return pack_.has_value(); }
  /// The orientation of the images: as requested, or as packed.
  images::Orientation orientation() const { return pack_ ? pack_->orientation() : orientation_; }

 private:
  std::filesystem::path place_;
  images::Orientation orientation_;
  std::optional<ImagePack> pack_;
};

}  // namespace focus::data
