// How a photograph must be turned to be upright.
#pragma once

#include <cstdint>
#include <span>

#include "images/image.h"

namespace focus::images {

/// The orientation that EXIF data state, 1 to 8 as in EXIF. It is 1, as stored, also if they state none or
/// are damaged, since that does not affect the pixels.
/// @param exif a TIFF structure, with or without "Exif\0\0" before it
int exif_orientation(std::span<const uint8_t> exif);

/// How the stored pixels are turned upright: first rows and columns are exchanged, then they are reversed.
struct Turn {
  bool transposed, reverse_rows, reverse_columns;
};

/// The turn of an orientation. Throws Error for one that is not 1 to 8.
const Turn& turn_of(int orientation);

/// The size of an image of `stored` size once it has been turned.
nn::ImageSize turned_size(nn::ImageSize stored, int orientation);

/// The upright pixels; the same image for orientation 1. Throws Error for an orientation
/// that is not 1 to 8.
Image turned(const Image& stored, int orientation);

}  // namespace focus::images
