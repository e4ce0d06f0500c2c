// Colours, patterns and noise of the synthetic scenes.
#pragma once

#include <opencv2/core.hpp>

#include "base/rng.h"

namespace focus::scenes {

/// Blue, green, red, each 0..1.
using Colour = cv::Vec3f;

/// Hue in turns, saturation and value 0..1.
Colour from_hsv(double hue, double saturation, double value);

/// Smooth noise in [0, 1]: `octaves` of value noise, each twice as fine and half as strong. One cell of the
/// coarsest octave is 1 x 1.
float fractal_noise(double x, double y, uint64_t seed, int octaves);

/// The colours of a surface before lighting.
class Material {
 public:
  /// `vivid` materials for objects and clutter, muted ones for backgrounds. `scale` is how many features of a
  /// pattern there are along one unit.
  Material(Rng& random, bool vivid, double scale);

  /// Its colour at a point in the surface's own coordinates.
  Colour at(double u, double v) const;

 private:
  enum class Pattern { kPlain, kGradient, kStripes, kChecks, kDots, kMarble, kPatterns };

  Pattern pattern_;
  Colour first_, second_;
  double frequency_, cosine_, sine_, grain_;
  uint64_t seed_;
};

/// A background of `size` (CV_32FC3, 0..1): a material, uneven light, and large dim shapes that are not
/// objects.
cv::Mat render_background(cv::Size size, Rng& random);

}  // namespace focus::scenes
