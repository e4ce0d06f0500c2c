// A background with the statistics of photographs.
#pragma once

#include <opencv2/core.hpp>

#include "base/rng.h"

namespace focus::scenes {

/// Things of all sizes that cover one another, plain, shaded or patterned, in a few colours: the dead leaves
/// model, whose edges and sizes are distributed like those of photographs (Lee, Mumford, Huang: "Occlusion
/// models for natural images", 2001). CV_8UC3 of `size`.
cv::Mat leaves(cv::Size size, Rng& random);

}  // namespace focus::scenes
