// Limits on the memory that images of a data set may take.
#pragma once

#include <cstdint>

namespace focus::images {

/// The most pixels an image may have (134 million: 400 MB decoded).
constexpr int64_t kMaxPixels = int64_t{1} << 27;

/// True for a size that an image may have.
constexpr bool possible_size(int64_t height, int64_t width) {
  return height >= 1 && width >= 1 && height <= kMaxPixels && width <= kMaxPixels / height;
}

}  // namespace focus::images
