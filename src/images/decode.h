// Decodes image files, for every part of the program.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "images/image.h"
#include "images/image_header.h"

namespace focus::images {

/// What to do with the orientation that a file states (EXIF data of JPEG, PNG and WebP, a tag of TIFF).
/// COCO-style annotations refer to the pixels as stored, and torchvision reads them so; detectron2 rotates. A
/// user's own photographs should be read upright. HEIC and AVIF are the same either way: their rotation is a
/// part of the image (image_header.h).
enum class Orientation { kAsStored, kUpright };

/// Decodes a JPEG, PNG, BMP, WebP, TIFF, HEIC or AVIF image to 8-bit BGR, by OpenCV, libwebp, libtiff and
/// libheif: grey is repeated, alpha dropped, more bits cut to 8. Of several images in a file the first one,
/// or the primary one of HEIC and AVIF, is read. Throws Error naming the file: missing, empty, not an image,
/// truncated, or more than kMaxPixels (limits.h), which is checked before memory is allocated; or this
/// program was built without its decoder.
/// @param part_read if given, receives ImageHeader::part_read, which is empty for a file with one image
Image decode_image(const std::filesystem::path& path, Orientation orientation = Orientation::kAsStored,
                   std::string* part_read = nullptr);

/// The version of OpenCV, which decodes most image files; "none" in a program built without it.
std::string decoder_version();

/// The same from memory; `name` stands for the file in errors.
Image decode_image(std::span<const uint8_t> bytes, const std::string& name,
                   Orientation orientation = Orientation::kAsStored, std::string* part_read = nullptr);

/// The header of an image. Nothing is decoded, but the file's structure is followed to its end, so that
/// truncation is detected. Throws Error as decode_image does.
ImageHeader image_header(const std::filesystem::path& path);

/// Height and width of an image as decode_image would give it, from its header.
nn::ImageSize measure_image(const std::filesystem::path& path,
                            Orientation orientation = Orientation::kAsStored);

}  // namespace focus::images
