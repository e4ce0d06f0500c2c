#include "images/opencv/mat.h"

#include <memory>

#include "base/error.h"

namespace focus::images {

Image image_of(const cv::Mat& mat) {
  if (mat.empty()) return {};
  if (mat.depth() != CV_8U) fail("an image's values are not bytes; it takes 8-bit images");
  const auto owner = std::make_shared<const cv::Mat>(mat);
  return {mat.rows, mat.cols, mat.channels(), mat.ptr(), mat.step[0], owner};
}

cv::Mat view_of(const Image& image) {
  if (image.empty()) return {};
  // OpenCV's interface is not const.
  return {image.height(), image.width(), CV_8UC(image.channels()), const_cast<uint8_t*>(image.row(0)),
          image.stride()};
}

cv::Mat copy_of(const Image& image) { return view_of(image).clone(); }

}  // namespace focus::images
