// A code as it is printed: modules made of ink, with what is usually printed around them.
#pragma once

#include <opencv2/core.hpp>

#include "scenes/codes/codes_symbol.h"

namespace focus::scenes {

/// The ink of one code and of what belongs to it, on a rectangle just large enough.
struct CodeBlock {
  int64_t label = 0;
  cv::Mat ink;     ///< CV_8U, 255 where ink covers the ground fully.
  cv::Mat symbol;  ///< CV_8U, 255 over the symbol itself, from its first module to its last, and 0 elsewhere.
  int quiet = 0;   ///< Width in pixels of the quiet zone that the standard requires around the block.
};

/// Prints `symbol` so that its longer side has `side` pixels, upright or turned by quarters. Linear codes
/// often have their text below, two-dimensional ones occasionally a frame, round modules or an emblem in the
/// middle; ink spreads or is too thin, and wears off.
CodeBlock make_block(const CodeSymbol& symbol, int side, Rng& random);

}  // namespace focus::scenes
