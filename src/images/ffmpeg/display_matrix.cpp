#include "images/ffmpeg/display_matrix.h"

#include <algorithm>
#include <cmath>

namespace focus::images::ffmpeg {

Turn turn_of(const int32_t* matrix) {
  if (matrix == nullptr) return {};
  // A pixel at (x, y) is shown at (a x + c y, b x + d y), up to scale and translation.
  const double a = matrix[0], b = matrix[1], c = matrix[3], d = matrix[4];
  const double straight = std::min(std::abs(a), std::abs(d)), crossed = std::min(std::abs(b), std::abs(c));
  if (straight == 0 && crossed == 0) return {};
  constexpr double kNegligible = 0.02;  // About one degree.
  Turn turn;
  turn.transpose = crossed > straight;
  turn.mirror_x = (turn.transpose ? c : a) < 0;
  turn.mirror_y = (turn.transpose ? b : d) < 0;
  turn.exact = std::min(straight, crossed) <= kNegligible * std::max(straight, crossed);
  return turn;
}

cv::Mat turned(const cv::Mat& pixels, const Turn& turn) {
  cv::Mat result = pixels;
  if (turn.transpose) cv::transpose(pixels, result);
  if (!turn.mirror_x && !turn.mirror_y) return result;
  cv::Mat mirrored;
  cv::flip(result, mirrored, turn.mirror_x && turn.mirror_y ? -1 : turn.mirror_x ? 1 : 0);
  return mirrored;
}

}  // namespace focus::images::ffmpeg
