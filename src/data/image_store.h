// Where the images of a split are, by their file names: a folder of image files, or a file of decoded
// ones.
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
  /// @param orientation kUpright takes a pack only if it was made so. Throws Error otherwise.
  ImageStore(std::filesystem::path place, images::Orientation orientation);

  /// An image, 8-bit BGR. Throws Error naming it if there is none or it cannot be decoded (decode.h).
  /// @param part_read as of decode_image; nothing of a pack
  images::Image read(const std::string& name, std::string* part_read = nullptr) const;

  bool has(const std::string& name) const;
  bool packed() const { return pack_.has_value(); }
  /// How they are turned: as asked for, or as they were when they were packed.
  images::Orientation orientation() const { return pack_ ? pack_->orientation() : orientation_; }

 private:
  std::filesystem::path place_;
  images::Orientation orientation_;
  std::optional<ImagePack> pack_;
};

}  // namespace focus::data
