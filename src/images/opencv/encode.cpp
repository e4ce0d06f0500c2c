#include "images/opencv/encode.h"

#include <opencv2/imgcodecs.hpp>

#include "base/error.h"

namespace focus::images {

std::vector<uint8_t> encode_image(const cv::Mat& image, const std::string& extension,
                                  const std::string& source, int jpeg_quality) {
  if (image.empty()) fail("{}: there is no image to write", source);
  std::vector<uint8_t> bytes;
  try {
    if (cv::imencode(extension, image, bytes, {cv::IMWRITE_JPEG_QUALITY, jpeg_quality}) && !bytes.empty()) {
      return bytes;
    }
  } catch (const cv::Exception& error) {
    fail("{}: cannot be encoded: {}", source, error.err);
  }
  fail("{}: an image of {} x {} pixels cannot be written as {}", source, image.cols, image.rows, extension);
}

}  // namespace focus::images
