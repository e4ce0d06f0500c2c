// Words, emblems and coloured fields: what is printed beside codes.
#pragma once

#include <opencv2/core.hpp>
#include <string>

#include "base/rng.h"

namespace focus::scenes {

/// A word, number or price of one to a dozen characters.
std::string random_word(Rng& random);

/// One line of text that fills `area` as far as its length allows. `image` is CV_8U or CV_8UC3.
void draw_text_line(cv::Mat& image, const cv::Rect& area, const std::string& text, const cv::Scalar& ink,
                    Rng& random);

/// Lines of words over an area of `image`, as on a label or a page.
void draw_text_block(cv::Mat& image, const cv::Rect& area, const cv::Scalar& ink, Rng& random);

/// Coloured fields, shapes and words of a package over the whole image (CV_8UC3).
void draw_artwork(cv::Mat& image, Rng& random);

}  // namespace focus::scenes
