// Flat printed things with codes: labels, packages, sheets, screens, cards, or bare ink on what lies below.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "base/rng.h"
#include "scenes/codes/codes_style.h"

namespace focus::scenes {

/// Something flat, seen from the front.
struct Print {
  cv::Mat image;                ///< CV_8UC3.
  cv::Mat alpha;                ///< CV_8U: 0 where what lies below shows.
  cv::Mat ids;                  ///< CV_8U: 1 + index into labels over a code's symbol, otherwise 0.
  std::vector<int64_t> labels;  ///< Class of each code.
  bool bends = true;            ///< Whether it may be wrapped around a bottle or crumpled.
  bool bare = false;            ///< Only ink, on whatever lies below.
};

/// A thing with 1 to `codes` codes, the first with a longer side of `side` pixels. Nothing else on it gives
/// away that there are codes: make_plain_print draws the same things without them.
Print make_print(int side, int64_t codes, CodesStyle style, Rng& random);

/// The same kinds of things with nothing but text, artwork and look-alikes. `side` is the shorter side,
/// pixels.
Print make_plain_print(int side, CodesStyle style, Rng& random);

}  // namespace focus::scenes
