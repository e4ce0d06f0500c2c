// Picture files to pixels, for every part of the program.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "data/image.h"

namespace focus::data {

/// What to do with a rotation noted in a JPEG's EXIF data. COCO-style annotations refer to the pixels as
/// stored, and torchvision reads them so; detectron2 rotates. A person's own photographs are meant to be seen
/// upright.
enum class Orientation { kAsStored, kUpright };

/// Decodes a JPEG, PNG, BMP or WebP picture to 8-bit BGR; grey is repeated, alpha dropped, 16 bits cut to 8.
/// Throws Error naming the file: missing, empty, not a picture, truncated, or more than kMaxPixels
/// (limits.h), which is found out before memory is taken; or this program was built without OpenCV, which
/// decodes.
Image decode_image(const std::filesystem::path& path, Orientation orientation = Orientation::kAsStored);

/// The version of OpenCV, which decodes picture files; "none" in a program built without it.
std::string decoder_version();

/// The same from memory; `name` stands for the file in errors.
Image decode_image(std::span<const uint8_t> bytes, const std::string& name,
                   Orientation orientation = Orientation::kAsStored);

/// Height and width of a picture as stored, from its header: nothing is decoded, but the file is followed to
/// its end, so that a truncated one is found. Throws Error as decode_image.
nn::ImageSize measure_image(const std::filesystem::path& path);

}  // namespace focus::data
