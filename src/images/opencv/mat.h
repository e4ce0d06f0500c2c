// Converts images from and to OpenCV, without copies: the only place where both types are known.
#pragma once

#include <opencv2/core.hpp>

#include "images/image.h"

namespace focus::images {

/// An 8-bit cv::Mat as an image that shares its pixels, which must not be written to afterwards. Empty for an
/// empty one. Throws Error for values that are not bytes.
Image image_of(const cv::Mat& mat);

/// An image as a cv::Mat of the same pixels: valid while any Image uses them, and not to be written to.
cv::Mat view_of(const Image& image);

/// A copy of an image as a cv::Mat, to draw on.
cv::Mat copy_of(const Image& image);

}  // namespace focus::images
