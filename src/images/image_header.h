// Reads an image file's structure without decoding it: format, size, orientation, and whether it is complete.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "nn/batch.h"

namespace focus::images {

enum class ImageFormat { kJpeg, kPng, kBmp, kWebp, kTiff, kHeic, kAvif };

/// "JPEG", "HEIC" and so on.
const char* name_of(ImageFormat format);

struct ImageHeader {
  ImageFormat format = ImageFormat::kJpeg;
  nn::ImageSize size;  ///< As stored, before it is turned; not checked against any limit.
  /// How a viewer turns it, 1 to 8 as in EXIF (exif_orientation.h): from the EXIF data of a JPEG, PNG or WebP
  /// image, or a TIFF's own tag. Always 1 for HEIC and AVIF, whose size is that after their own rotation: it
  /// is a part of the image, which every decoder applies; EXIF data only repeat it.
  int orientation = 1;
  int64_t images = 1;        ///< Frames of an animation, pages of a TIFF, images of a HEIC or MPO file.
  bool animated = false;     ///< Whether several images are frames.
  uint64_t place = 0;        ///< Of a TIFF: offset of the directory of the image that is read.
  const char* unusual = "";  ///< A feature that our decoders lack: "12 bits per sample". Empty for most.

  /// The size as a viewer shows it.
  nn::ImageSize upright_size() const;
  /// Which part of the file is read: "is an animated WebP of 12 frames, of which the first is read". Empty if
  /// it has one image.
  std::string part_read() const;
};

/// The format that the first bytes state; none if it is not one of those that are read. The rest may be
/// damaged.
std::optional<ImageFormat> image_format_of(std::span<const uint8_t> bytes);

/// Reads the header of an image and follows its structure to the end, since decoders silently fill the
/// missing part of a truncated file with grey. Bytes after the end are ignored. Throws Error whose message
/// starts with `name`: not an image, of a format that is not read (which is named), or truncated.
ImageHeader read_image_header(std::span<const uint8_t> bytes, const std::string& name);

}  // namespace focus::images
