// A code as it is printed: modules made of ink, with what people put around them.
#pragma once

#include <opencv2/core.hpp>

#include "scenes/codes/codes_symbol.h"

namespace focus::scenes {

/// Ink of one code and its companions on a rectangle just large enough for them.
struct CodeBlock {
  int64_t label = 0;
  cv::Mat ink;     ///< CV_8U, 255 where ink covers the ground fully.
  cv::Mat symbol;  ///< CV_8U, 255 over the symbol itself: from its first module to its last, nothing else.
  int quiet = 0;   ///< Pixels around the block that its standard wants empty.
};

/// Prints `symbol` so that its longer side has `side` pixels, upright or turned by quarters. Linear codes
/// often have their text below, two-dimensional ones now and then a frame, round modules or an emblem in the
/// middle; ink spreads or starves, and wears off.
CodeBlock make_block(const CodeSymbol& symbol, int side, Rng& random);

}  // namespace focus::scenes
