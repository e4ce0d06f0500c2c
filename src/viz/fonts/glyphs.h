// The shapes of characters, from the system's fonts.
#pragma once

#include <memory>
#include <opencv2/core.hpp>
#include <string>

#include "viz/text.h"

namespace focus::viz {

/// Chooses a font for each character, as other programs do (fontconfig), and draws it (FreeType): from left
/// to right, without the joining that Arabic and Indic letters need. Thread-safe.
class Glyphs {
 public:
  /// The glyphs of this system, looked up once.
  static Glyphs& of_system();

  /// Whether a font has a shape for the character.
  bool has(char32_t character);

  TextExtent measure(const std::u32string& text, double scale);

  /// Draws the text from `start` on the baseline, clipped to the image (CV_8UC3). Characters that no font has
  /// are left out.
  void draw(cv::Mat& image, const std::u32string& text, cv::Point start, double scale, const cv::Scalar& ink);

  ~Glyphs();
  Glyphs(const Glyphs&) = delete;
  Glyphs& operator=(const Glyphs&) = delete;

 private:
  Glyphs();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace focus::viz
