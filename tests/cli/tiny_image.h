// A small image file.
#pragma once

#include "images/opencv/image_files.h"

namespace focus::test {

/// Noise of 64 x 48 pixels; the file's ending decides the format.
inline void write_tiny_image(const std::filesystem::path& path, uint64_t seed = 1) {
  write_image_file(path, images::noise_image({48, 64}, seed));
}

}  // namespace focus::test
