// WebP images, decoded by libwebp.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "images/image.h"
#include "images/image_header.h"

namespace focus::images {

/// The pixels of an image, or of the first frame of an animation, as stored: 8-bit BGR, alpha dropped. Empty
/// if they cannot be decoded or do not have the size that the header states.
Image decode_webp(std::span<const uint8_t> bytes, const ImageHeader& header);

}  // namespace focus::images
