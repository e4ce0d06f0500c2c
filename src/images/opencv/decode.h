// Image files, decoded by OpenCV.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "images/image.h"

namespace focus::images {

/// The pixels of an image file whose header has been checked: 8-bit BGR, as stored. Empty if they cannot be
/// decoded; `fault` then says why, if OpenCV reports it.
Image decode_by_opencv(std::span<const uint8_t> bytes, std::string& fault);

std::string opencv_version();

}  // namespace focus::images
