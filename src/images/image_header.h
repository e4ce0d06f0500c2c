// Looks at an image file's structure without decoding it: format, size, orientation, and whether its end is
// there.
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
  nn::ImageSize size;  ///< As stored, before it is turned; not checked against any bound.
  /// How a viewer turns it, 1 to 8 as EXIF counts (exif_orientation.h): by the EXIF data of a JPEG, PNG or
  /// WebP image, by a TIFF's own tag. Always 1 for HEIC and AVIF, whose size is told as their own rotation
  /// leaves it: that is a part of the image, which every decoder applies; EXIF data only repeat it.
  int orientation = 1;
  int64_t images = 1;        ///< Frames of an animation, pages of a TIFF, images of a HEIC or MPO file.
  bool animated = false;     ///< Whether several images are frames.
  uint64_t place = 0;        ///< Of a TIFF: where the directory of the image that is read begins.
  const char* unusual = "";  ///< What our decoders have not learned: "12 bits a sample". Empty for most.

  /// As a viewer shows it.
  nn::ImageSize upright_size() const;
  /// What of the file is not read: "is an animation of 12 frames, of which the first is read". Empty for one
  /// image.
  std::string part_read() const;
};

/// The format that the bytes begin as; none if it is none of those that are read. They may be damaged behind
/// it.
std::optional<ImageFormat> image_format_of(std::span<const uint8_t> bytes);

/// Reads the header of an image and follows its structure to the end, since decoders fill what a truncated
/// file lacks with grey and say nothing. Bytes after the end are ignored. Throws Error whose message starts
/// with `name`: not an image, of a format that is not read (which is named), or truncated.
ImageHeader read_image_header(std::span<const uint8_t> bytes, const std::string& name);

}  // namespace focus::images
