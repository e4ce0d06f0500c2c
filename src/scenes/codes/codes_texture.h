// Colours and textures of the scene `codes`: they work on whole images at a time for speed, since tens of
// thousands are drawn.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "base/rng.h"

namespace focus::scenes {

/// Smooth noise of `size`, CV_32F, stretched to 0..1. `cell` is the distance, in pixels, between independent
/// values of the coarsest octave, which may differ between x and y; each octave is twice as fine and `gain`
/// as strong.
cv::Mat cloud(cv::Size size, cv::Size2d cell, int octaves, Rng& random, double gain = 0.5);

/// A colour in BGR, 0..255, of limited saturation and value.
cv::Scalar colour_between(Rng& random, double least_saturation, double most_saturation, double least_value,
                          double most_value);

/// A neutral or slightly tinted light colour: paper, labels, walls.
cv::Scalar paper_colour(Rng& random);

/// Paints field (CV_32F, 0..1) with colours between the given stops, evenly spaced. Returns CV_8UC3.
cv::Mat coloured(const cv::Mat& field, const std::vector<cv::Scalar>& stops);

/// Multiplies image (CV_8UC3) by field (CV_32F, one channel), saturating.
void shade(cv::Mat& image, const cv::Mat& field);

/// Blends `over` onto image (both CV_8UC3, same size) with the opacity alpha (CV_8U).
void blend(cv::Mat& image, const cv::Mat& over, const cv::Mat& alpha);

/// Brightness of a colour, 0..1.
double luminance(const cv::Scalar& bgr);

/// The rectangle of all pixels.
inline cv::Rect whole(const cv::Mat& image) { return {{0, 0}, image.size()}; }

/// A random point of a rectangle.
cv::Point point_in(const cv::Rect& area, Rng& random);

}  // namespace focus::scenes
