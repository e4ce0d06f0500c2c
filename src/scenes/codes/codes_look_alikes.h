// Patterns that are easily mistaken for codes.
#pragma once

#include <opencv2/core.hpp>

#include "base/rng.h"
#include "scenes/codes/codes_style.h"

namespace focus::scenes {

/// A pattern of `size` (CV_8UC3) that looks like a code without being one, or at least is busy: bars, grids,
/// cells, keys, slats, dots, pages, tables, rulers and the patterns of codes_patterns.h; in the held-out
/// style waves, rings, spines, staves, circuits.
cv::Mat look_alike(cv::Size size, CodesStyle style, Rng& random);

}  // namespace focus::scenes
