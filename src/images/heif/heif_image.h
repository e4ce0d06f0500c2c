// HEIC and AVIF images by libheif.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "images/image.h"
#include "images/image_header.h"

namespace focus::images {

/// The primary image of a file. libheif applies the file's own rotation, mirroring and cropping (irot, imir,
/// clap), and size and pixels are what they leave; EXIF data, which only repeat them, are not looked at.
class HeifImage {
 public:
  /// Reads what describes the image, not its pixels. The bytes must outlive it. Throws Error whose message
  /// starts with `name` if it cannot.
  HeifImage(std::span<const uint8_t> bytes, ImageFormat format, const std::string& name);
  ~HeifImage();

  nn::ImageSize size() const;
  /// How many images the file presents, thumbnails not counted.
  int64_t images() const;
  /// 8-bit BGR; alpha is dropped, and of more bits the higher ones are kept, as of 16-bit PNG. Throws Error.
  Image pixels() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace focus::images
