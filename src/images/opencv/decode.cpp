#include "images/opencv/decode.h"

#include <new>
#include <opencv2/core/version.hpp>
#include <opencv2/imgcodecs.hpp>

#include "images/opencv/mat.h"

namespace focus::images {

Image decode_by_opencv(std::span<const uint8_t> bytes, std::string& fault) {
  // Which formats OpenCV turns, and whether flags prevent it, differs among its versions.
  const int flags = cv::IMREAD_COLOR | cv::IMREAD_IGNORE_ORIENTATION;
  // OpenCV's interface is not const.
  const cv::Mat encoded(1, static_cast<int>(bytes.size()), CV_8U, const_cast<uint8_t*>(bytes.data()));
  try {
    return image_of(cv::imdecode(encoded, flags));
  } catch (const cv::Exception& error) {
    if (error.code == cv::Error::StsNoMem) throw std::bad_alloc();
    fault = error.err;
    return {};
  }
}

std::string opencv_version() { return CV_VERSION; }

}  // namespace focus::images
