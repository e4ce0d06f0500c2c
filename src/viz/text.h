// Text on images.
#pragma once

#include <opencv2/core.hpp>
#include <string>

namespace focus::viz {

struct TextStyle {
  double scale = 1;  ///< 1: capital letters are 21 pixels high.
  int line = 1;      ///< Thickness of the letters' strokes in pixels; only for ASCII.
};

/// The size of a line of text in pixels.
struct TextExtent {
  int width = 0;
  int above = 0, below = 0;  ///< The baseline.
};

/// ASCII is drawn with OpenCV's letters, other text with the system's fonts. A character that none of them
/// has is drawn as '?', which is reported once on standard error.
TextExtent measure_text(const std::string& text, const TextStyle& style);

/// Draws a line of text (UTF-8) that begins at `start` on the baseline, clipped to the image.
/// @param image CV_8UC3
void draw_text(cv::Mat& image, const std::string& text, cv::Point start, const TextStyle& style,
               const cv::Scalar& ink);

}  // namespace focus::viz
