// How a photograph is to be turned to be seen upright.
#pragma once

#include <cstdint>
#include <span>

#include "images/image.h"

namespace focus::images {

/// The orientation that EXIF data state, 1 to 8 as EXIF counts them: 1 for as stored, also where nothing or
/// nothing of use is said, since damaged EXIF data leave an image whole.
/// @param exif a TIFF structure, with or without "Exif\0\0" before it
int exif_orientation(std::span<const uint8_t> exif);

/// What turning an image upright does to the stored pixels: first rows and columns change places, then they
/// are reversed.
struct Turn {
  bool transposed, reverse_rows, reverse_columns;
};

/// The turn of an orientation. Throws Error for one that is not 1 to 8.
const Turn& turn_of(int orientation);

/// The size of an image of `stored` size once it has been turned.
nn::ImageSize turned_size(nn::ImageSize stored, int orientation);

/// The pixels as they are meant to be seen; the same image for orientation 1. Throws Error for an orientation
/// that is not 1 to 8.
Image turned(const Image& stored, int orientation);

}  // namespace focus::images
