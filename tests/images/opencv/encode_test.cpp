#include "images/opencv/encode.h"

#include <gtest/gtest.h>

#include <opencv2/imgcodecs.hpp>

#include "base/error.h"

namespace focus::images {
namespace {

std::string refusal(const cv::Mat& image, const std::string& extension) {
  try {
    encode_image(image, extension, "out/x" + extension);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(EncodeImage, WhatCannotBeAFileIsNamed) {
  const auto bytes = encode_image(cv::Mat(3, 5, CV_8UC3, cv::Scalar(1, 2, 3)), ".png", "x");
  EXPECT_EQ(cv::imdecode(bytes, cv::IMREAD_COLOR).size(), cv::Size(5, 3));
  // JPEG knows no side of more than 65500 pixels, WebP none of more than 16383.
  for (const auto& [side, extension] : {std::pair{70000, ".jpg"}, {20000, ".webp"}}) {
    const auto said = refusal(cv::Mat::zeros(1, side, CV_8UC3), extension);
    EXPECT_EQ(said.rfind(std::string("out/x") + extension + ": ", 0), 0U) << extension << ": " << said;
    EXPECT_EQ(said.find('\n'), std::string::npos) << said;
  }
  EXPECT_NE(refusal(cv::Mat(), ".png"), "");
}

}  // namespace
}  // namespace focus::images
