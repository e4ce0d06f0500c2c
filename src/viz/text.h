// Text on images.
#pragma once

#include <opencv2/core.hpp>
#include <string>

namespace focus::viz {

struct TextStyle {
  double scale = 1;  ///< 1: capital letters of 21 pixels.
  int line = 1;      ///< Thickness of the letters' lines, pixels; of ASCII only.
};

/// What a line of text takes, pixels.
struct TextExtent {
  int width = 0;
  int above = 0, below = 0;  ///< The base line.
};

/// ASCII is drawn with OpenCV's letters, other text with the fonts that the system has. A character in none
/// of them is drawn as '?', and that is said once on standard error.
TextExtent measure_text(const std::string& text, const TextStyle& style);

/// Draws a line of text (UTF-8) that begins at `start` on the base line; what is outside the image is cut
/// off.
/// @param image CV_8UC3
void draw_text(cv::Mat& image, const std::string& text, cv::Point start, const TextStyle& style,
               const cv::Scalar& ink);

}  // namespace focus::viz
