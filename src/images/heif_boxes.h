// The outermost boxes of HEIC and AVIF files.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "images/image_bytes.h"
#include "images/image_header.h"

namespace focus::images {

/// kHeic or kAvif if the file's first box names a brand of images so coded; of this family MP4 is, too.
std::optional<ImageFormat> heif_format(std::span<const uint8_t> bytes);

/// Follows the boxes to the file's end. Throws Error if one is cut off, or the file
/// is an image sequence without a still image.
void follow_heif_boxes(const ImageBytes& bytes);

/// How many frames the file has as an animation; 1 if it is none.
int64_t heif_frames(const ImageBytes& bytes);

}  // namespace focus::images
