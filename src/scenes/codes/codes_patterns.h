// Patterns that are common in photographs: parallel bars, threads and strokes that are not print.
#pragma once

#include <opencv2/core.hpp>

#include "base/rng.h"

namespace focus::scenes {

/// Each fills an image of `size` (CV_8UC3).

/// Round bars in front of a background: railings, fences, grilles, chair backs, in perspective.
cv::Mat railing(cv::Size size, Rng& random);

/// Wires that cross each other diagonally: nets, baskets, chain-link fences.
cv::Mat mesh(cv::Size size, Rng& random);

/// Woven stripes of several colours, in one or both directions: shirts, towels, blankets.
cv::Mat plaid(cv::Size size, Rng& random);

/// Fine lines in one direction: hair, fur, grass, brushes, brushed metal.
cv::Mat streaks(cv::Size size, Rng& random);

/// Large letters, bold and often condensed: signs, shop fronts, headlines, logos.
cv::Mat lettering(cv::Size size, Rng& random);

/// The keys of a piano, wide or seen from the side.
cv::Mat piano(cv::Size size, Rng& random);

}  // namespace focus::scenes
