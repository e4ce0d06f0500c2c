// HEIC and AVIF images, decoded by libheif.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "images/image.h"
#include "images/image_header.h"

namespace focus::images {

/// The primary image of a file. libheif applies the file's own rotation, mirroring and cropping (irot, imir,
/// clap), and size and pixels are the result; EXIF data only repeat them and are not read.
class HeifImage {
 public:
  /// Reads the description of the image, not its pixels. The bytes must outlive it. Throws Error whose
  /// message starts with `name` if that fails.
  HeifImage(std::span<const uint8_t> bytes, ImageFormat format, const std::string& name);
  ~HeifImage();

  nn::ImageSize size() const;
  /// The number of images in the file, without thumbnails.
  int64_t images() const;
  /// 8-bit BGR; alpha is dropped, and only the 8 highest bits are kept, as for 16-bit PNG. Throws Error.
  Image pixels() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace focus::images
