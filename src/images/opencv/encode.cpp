#include "images/opencv/encode.h"

#include <opencv2/imgcodecs.hpp>

#include "base/error.h"

namespace focus::images {

std::vector<uint8_t> encode_picture(const cv::Mat& picture, const std::string& extension,
                                    const std::string& source, int jpeg_quality) {
  if (picture.empty()) fail("{}: there is no picture to write", source);
  std::vector<uint8_t> bytes;
  try {
    if (cv::imencode(extension, picture, bytes, {cv::IMWRITE_JPEG_QUALITY, jpeg_quality}) && !bytes.empty()) {
      return bytes;
    }
  } catch (const cv::Exception& error) {
    fail("{}: cannot be encoded: {}", source, error.err);
  }
  fail("{}: a picture of {} x {} pixels cannot be written as {}", source, picture.cols, picture.rows,
       extension);
}

}  // namespace focus::images
