// Images as files of the formats people have.
#pragma once

#include <filesystem>
#include <fstream>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <string>
#include <vector>

#include "images/opencv/mat.h"

namespace focus::test {

/// The bytes of an image file.
inline std::string encoded(const cv::Mat& image, const std::string& extension = ".png") {
  std::vector<uint8_t> bytes;
  cv::imencode(extension, image, bytes);
  return {bytes.begin(), bytes.end()};
}
inline std::string encoded(const images::Image& image, const std::string& extension = ".png") {
  return encoded(images::view_of(image), extension);
}

/// Writes an image file; the path's ending decides the format.
inline void write_image_file(const std::filesystem::path& path, const images::Image& image) {
  std::ofstream(path, std::ios::binary) << encoded(image, path.extension().string());
}

}  // namespace focus::test
