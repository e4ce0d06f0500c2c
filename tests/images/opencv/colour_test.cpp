// Colours against OpenCV's, and images from it and to it.
#include "images/colour.h"

#include <gtest/gtest.h>

#include <cmath>
#include <opencv2/imgproc.hpp>

#include "base/error.h"
#include "data/augment.h"
#include "images/opencv/mat.h"
#include "images/test_images.h"

namespace focus::test {
namespace {

using images::copy_of;
using images::Image;
using images::image_of;
using images::view_of;

/// Noise, and smooth colours: greys, pure hues, dark ones.
std::vector<Image> coloured_images() {
  std::vector<Image> images{noise(61, 83, 1), noise(1, 1, 2), noise(200, 150, 3)};
  for (const int value : {1, 40, 128, 255}) {
    images.push_back(Image::by_rows(256, 256, 3, [&](int y, uint8_t* row) {
      for (int x = 0; x < 256; ++x, row += 3)
        row[0] = static_cast<uint8_t>(x), row[1] = static_cast<uint8_t>(y),
        row[2] = static_cast<uint8_t>(value);
    }));
  }
  images.push_back(noise(100, 90, 4).region({7, 5, 60, 70}));
  return images;
}

TEST(ColourOpenCv, ScaledValuesAreItsOwn) {
  for (const auto& image : coloured_images()) {
    for (const auto& [factor, offset] : {std::pair{1.37, 0.0}, {0.61, 0.0}, {0.8, 25.3}, {1.4, -50.2}}) {
      cv::Mat expected;
      view_of(image).convertTo(expected, -1, factor, offset);
      EXPECT_LE(largest_difference(images::scaled_values(image, factor, offset), image_of(expected)), 1);
    }
  }
}

TEST(ColourOpenCv, GreyIsItsOwn) {
  for (const auto& image : coloured_images()) {
    cv::Mat grey;
    cv::cvtColor(view_of(image), grey, cv::COLOR_BGR2GRAY);
    EXPECT_NEAR(images::mean_grey(image), cv::mean(grey)[0], 1e-9);
  }
}

TEST(ColourOpenCv, SaturationIsItsOwn) {
  for (const auto& image : coloured_images()) {
    for (const double kept : {0.0, 0.4, 0.93, 1.5}) {
      cv::Mat grey, expected;
      cv::cvtColor(view_of(image), grey, cv::COLOR_BGR2GRAY);
      cv::cvtColor(grey, grey, cv::COLOR_GRAY2BGR);
      cv::addWeighted(view_of(image), kept, grey, 1 - kept, 0, expected);
      EXPECT_LE(largest_difference(images::with_saturation(image, kept), image_of(expected)), 1) << kept;
    }
  }
}

TEST(ColourOpenCv, TurnedHuesAreItsOwn) {
  for (const auto& image : coloured_images()) {
    for (const double turns : {0.0, 0.1, -0.1, 0.33, 0.5, -0.5}) {
      cv::Mat hsv, expected;
      cv::cvtColor(view_of(image), hsv, cv::COLOR_BGR2HSV_FULL);
      const auto shift = static_cast<int>(std::lround(turns * 256));
      hsv.forEach<cv::Vec3b>(
          [&](cv::Vec3b& pixel, const int*) { pixel[0] = static_cast<uint8_t>(pixel[0] + shift); });
      cv::cvtColor(hsv, expected, cv::COLOR_HSV2BGR_FULL);
      EXPECT_LE(largest_difference(images::with_turned_hue(image, turns), image_of(expected)), 1) << turns;
    }
  }
}

TEST(ColourOpenCv, FlipsAreItsOwn) {
  for (const auto& image : coloured_images()) {
    cv::Mat expected;
    cv::flip(view_of(image), expected, 1);
    EXPECT_EQ(largest_difference(data::flipped_horizontally({image, {}}).image, image_of(expected)), 0);
    cv::flip(view_of(image), expected, 0);
    EXPECT_EQ(largest_difference(data::flipped_vertically({image, {}}).image, image_of(expected)), 0);
  }
}

TEST(Mat, PixelsAreShared) {
  const cv::Mat whole = copy_of(noise(9, 11)), part = whole(cv::Rect(2, 3, 5, 4));
  const Image image = image_of(part);
  EXPECT_EQ(image.row(1), part.ptr(1));
  EXPECT_EQ(view_of(image).ptr(1), part.ptr(1));
  EXPECT_NE(copy_of(image).ptr(1), part.ptr(1));
  EXPECT_TRUE(image_of(cv::Mat()).empty());
  EXPECT_TRUE(view_of(Image()).empty());
  EXPECT_THROW(image_of(cv::Mat(2, 2, CV_32FC3)), Error);
}

}  // namespace
}  // namespace focus::test
