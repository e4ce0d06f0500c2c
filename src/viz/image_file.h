// Writes images to files.
#pragma once

#include <filesystem>
#include <opencv2/core.hpp>

namespace focus::viz {

/// The name under which an image that was read from `name` can be written: for formats that are only read,
/// the ending becomes .png for TIFF, which is lossless, and .jpg for the others.
std::filesystem::path name_to_write(std::filesystem::path name);

/// Encodes `image` (CV_8UC1 or CV_8UC3, BGR) in the format its extension names (.jpg, .jpeg, .png, .bmp,
/// .webp) and writes it atomically. Throws UsageError for another extension, Error if it cannot be encoded or
/// written.
void write_image(const std::filesystem::path& path, const cv::Mat& image);

}  // namespace focus::viz
