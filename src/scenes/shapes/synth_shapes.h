// Outlines of the synthetic scenes: the objects to find, and clutter.
#pragma once

#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "base/rng.h"

namespace focus::scenes {

/// A flat shape in a plane whose y points down, of any size around any point: parts are drawn in order, and
/// each adds to the shape or cuts from it.
struct Outline {
  using Polygon = std::vector<cv::Point2d>;
  struct Part {
    Polygon polygon;
    bool adds = true;
  };
  std::vector<Part> parts = {};
  std::vector<Polygon> hollows = {};  ///< Areas inside the shape that lie in shadow.
  bool spherical = false;             ///< Lit like a ball, not like a plate with a rounded rim.
  double max_tilt = M_PI;             ///< How far it may be rotated from upright, radians.
};

/// The classes, by label.
const std::vector<std::string>& synth_class_names();

/// One object of the class `label` with random proportions.
Outline object_outline(int64_t label, Rng& random);

/// Clutter: a shape of no class.
Outline distractor_outline(Rng& random);

/// Rotates by `angle` and shears the outline, then scales it so that the longer side of its bounding box is
/// `size` pixels and moves that box's centre to the origin.
void place_outline(Outline& outline, double angle, cv::Vec2d shear, double size);

/// Coverage of each pixel, 0..255 (CV_8U), of the outline as placed, on a canvas of `side` x `side` around
/// the origin. `hollow` becomes the coverage of its hollows.
cv::Mat rasterise(const Outline& outline, int side, cv::Mat& hollow);

}  // namespace focus::scenes
