// Light that falls on a scene, and the camera that photographs it.
#pragma once

#include <opencv2/core.hpp>

#include "base/rng.h"

namespace focus::scenes {

/// Uneven light, shadows of things outside the image, glare. `image` is CV_8UC3.
void light_up(cv::Mat& image, Rng& random);

/// The effects of lens, sensor and file: exposure, colour cast, vignetting, defocus or motion blur, low
/// resolution, noise, JPEG artefacts. `finest` is the smallest extent, in pixels, of anything that must stay
/// recognisable: blur and lost resolution are kept in proportion to it.
void take_image(cv::Mat& image, double finest, Rng& random);

}  // namespace focus::scenes
