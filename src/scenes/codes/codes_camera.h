// Light that falls on a scene, and the camera that takes it.
#pragma once

#include <opencv2/core.hpp>

#include "base/rng.h"

namespace focus::scenes {

/// Uneven light, shadows of things outside the image, glare. `image` is CV_8UC3.
void light_up(cv::Mat& image, Rng& random);

/// What a lens, a sensor and a file do: exposure, colour cast, vignetting, defocus or motion blur, few
/// pixels, noise, JPEG's blocks. `finest` is the least extent, in pixels, of anything that must stay
/// recognisable: blur and lost resolution are kept in proportion to it.
void take_image(cv::Mat& image, double finest, Rng& random);

}  // namespace focus::scenes
