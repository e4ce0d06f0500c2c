// Looks at a picture file's structure without decoding it: format, size, and whether its end is there.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "nn/batch.h"

namespace focus::data {

struct PictureHeader {
  const char* format = "";  ///< "JPEG", "PNG", "BMP" or "WebP".
  nn::ImageSize size;       ///< As stored, before any EXIF rotation; not checked against any bound.
};

/// Reads the header of a JPEG, PNG, BMP or WebP picture and follows its structure to the end, since decoders
/// fill what a truncated file lacks with grey and say nothing. Bytes after the end are ignored. Throws Error
/// whose message starts with `name`: not a picture, or truncated.
PictureHeader read_picture_header(std::span<const uint8_t> bytes, const std::string& name);

}  // namespace focus::data
