// Backgrounds of the scene `codes`.
#pragma once

#include <opencv2/core.hpp>

#include "base/rng.h"
#include "scenes/codes/codes_style.h"

namespace focus::scenes {

/// A background of `size`, CV_8UC3, of one of the style's kinds: walls, wood, cardboard, cloth, bricks,
/// shelves, rooms out of focus; in the held-out style foliage, tiles, concrete, pebbles, facades. The styles
/// share no kind.
cv::Mat codes_background(cv::Size size, CodesStyle style, Rng& random);

}  // namespace focus::scenes
