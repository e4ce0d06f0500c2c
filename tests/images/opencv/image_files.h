// Pictures as files of the formats people have.
#pragma once

#include <filesystem>
#include <fstream>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <string>
#include <vector>

#include "images/opencv/mat.h"

namespace focus::test {

/// The bytes of a picture file.
inline std::string encoded(const cv::Mat& picture, const std::string& extension = ".png") {
  std::vector<uint8_t> bytes;
  cv::imencode(extension, picture, bytes);
  return {bytes.begin(), bytes.end()};
}
inline std::string encoded(const images::Image& picture, const std::string& extension = ".png") {
  return encoded(images::view_of(picture), extension);
}

/// Writes a picture file; the path's ending decides the format.
inline void write_picture_file(const std::filesystem::path& path, const images::Image& picture) {
  std::ofstream(path, std::ios::binary) << encoded(picture, path.extension().string());
}

}  // namespace focus::test
