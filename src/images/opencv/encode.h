// Images as the bytes of a file.
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

namespace focus::images {

/// The bytes of a file with `image` (CV_8UC1 or CV_8UC3, BGR) in the format that `extension` names, such as
/// ".jpg". Throws Error that begins with `source` if that is impossible, as for images larger than the format
/// allows.
/// @param jpeg_quality 0 to 100
std::vector<uint8_t> encode_image(const cv::Mat& image, const std::string& extension,
                                  const std::string& source, int jpeg_quality = 92);

}  // namespace focus::images
