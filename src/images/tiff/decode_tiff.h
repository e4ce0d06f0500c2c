// TIFF images, decoded by libtiff.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "images/image.h"
#include "images/image_header.h"

namespace focus::images {

/// The pixels of the image that the header describes, as stored, 8-bit BGR: grey is repeated, further samples
/// (alpha, infrared) are dropped, 16 bits are cut to 8 as for PNG. Throws Error whose message starts with
/// `name`: damaged, or of a kind that is not clearly an image, such as floating-point samples.
Image decode_tiff(std::span<const uint8_t> bytes, const ImageHeader& header, const std::string& name);

}  // namespace focus::images
