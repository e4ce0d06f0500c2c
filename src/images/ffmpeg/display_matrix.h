// How a video's frames must be turned before they are shown.
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>

namespace focus::images::ffmpeg {

/// Transposed first, then mirrored.
struct Turn {
  bool transpose = false;
  bool mirror_x = false;  ///< left and right exchanged
  bool mirror_y = false;  ///< top and bottom exchanged
  bool exact = true;      ///< false: the angle is not a multiple of 90 degrees; this is the nearest one

  bool operator==(const Turn&) const = default;
};

/// @param matrix nine numbers as containers store them, row by row; null or degenerate: no turn
Turn turn_of(const int32_t* matrix);

/// The turned pixels; the same ones if there is nothing to turn.
cv::Mat turned(const cv::Mat& pixels, const Turn& turn);

}  // namespace focus::images::ffmpeg
