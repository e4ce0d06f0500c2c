// Image files of data sets in other people's formats.
#pragma once

#include "data/dataset_files.h"
#include "images/opencv/image_files.h"

namespace focus::test {

/// An image of the given size; the file's ending decides the format.
inline void put_image(const std::filesystem::path& path, int height, int width) {
  put(path, encoded(noise(height, width), path.extension().string()));
}

}  // namespace focus::test
