// The outermost boxes of HEIC and AVIF files.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "images/image_bytes.h"
#include "images/image_header.h"

namespace focus::images {

/// kHeic or kAvif if the file's first box names a brand of these formats; none otherwise, as for MP4, which
/// has such boxes, too.
std::optional<ImageFormat> heif_format(std::span<const uint8_t> bytes);

/// Follows the boxes to the file's end. Throws Error if one is truncated, or if the file
/// is an image sequence without a still image.
void follow_heif_boxes(const ImageBytes& bytes);

/// The number of frames of an animation; 1 for other files.
int64_t heif_frames(const ImageBytes& bytes);

}  // namespace focus::images
