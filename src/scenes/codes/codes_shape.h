// Turns flat prints into things in space: around a bottle, crumpled, tilted, the front of a box.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "base/rng.h"
#include "scenes/codes/codes_print.h"

namespace focus::scenes {

/// A thing in its place in the image, with the shading of its own shape.
struct Layer {
  cv::Point corner;             ///< Of its upper left pixel in the image; may lie outside.
  cv::Mat image;                ///< CV_8UC3.
  cv::Mat alpha;                ///< CV_8U.
  cv::Mat ids;                  ///< CV_8U, as in Print; empty if there are no codes.
  std::vector<int64_t> labels;  ///< Class of each code.

  cv::Rect area() const { return {corner, image.size()}; }
};

/// The print around a cylinder, upright or lying, seen from the front or a little from above or below.
Print round_cylinder(const Print& print, Rng& random);

/// The print on something soft: bulges and creases of `strength`, as a share of its shorter side.
Print crumpled(const Print& print, double strength, Rng& random);

/// The print rotated and tilted in space, in perspective, with its centre at `centre`. `scale` is image
/// pixels per print pixel where nothing is tilted. With `box`, the sides of a box whose front is the print
/// are drawn, too.
Layer posed(const Print& print, cv::Point2d centre, double scale, bool box, Rng& random);

}  // namespace focus::scenes
