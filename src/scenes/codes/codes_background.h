// What is behind the things in the scene `codes`.
#pragma once

#include <opencv2/core.hpp>

#include "base/rng.h"
#include "scenes/codes/codes_style.h"

namespace focus::scenes {

/// A background of `size`, CV_8UC3, of one of the style's kinds: walls, wood, cardboard, cloth, bricks,
/// shelves, rooms out of focus; in the other style foliage, tiles, concrete, pebbles, facades. No kind is in
/// both.
cv::Mat codes_background(cv::Size size, CodesStyle style, Rng& random);

}  // namespace focus::scenes
