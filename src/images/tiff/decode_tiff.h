// TIFF images by libtiff.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "images/image.h"
#include "images/image_header.h"

namespace focus::images {

/// The pixels of the image that the header tells of, as stored, 8-bit BGR: grey is repeated, further samples
/// (alpha, infrared) are dropped, 16 bits cut to 8 as those of PNG. Throws Error whose message starts with
/// `name`: damaged, or of a kind that has no plain meaning as an image, such as floating-point samples.
Image decode_tiff(std::span<const uint8_t> bytes, const ImageHeader& header, const std::string& name);

}  // namespace focus::images
