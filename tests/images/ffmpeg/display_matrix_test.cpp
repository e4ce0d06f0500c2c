#include "images/ffmpeg/display_matrix.h"

#include <gtest/gtest.h>

#include <array>

namespace focus::images::ffmpeg {
namespace {

constexpr int32_t kOne = 1 << 16;
using Matrix = std::array<int32_t, 9>;

Matrix matrix(int32_t a, int32_t b, int32_t c, int32_t d) { return {a, b, 0, c, d, 0, 0, 0, 1 << 30}; }

TEST(DisplayMatrix, AllEightWaysToShowAnImage) {
  const cv::Mat stored = (cv::Mat_<uint8_t>(2, 3) << 1, 2, 3, 4, 5, 6);
  struct Case {
    Matrix matrix;
    cv::Mat shown;
  };
  const Case cases[]{
      {matrix(kOne, 0, 0, kOne), (cv::Mat_<uint8_t>(2, 3) << 1, 2, 3, 4, 5, 6)},
      {matrix(-kOne, 0, 0, kOne), (cv::Mat_<uint8_t>(2, 3) << 3, 2, 1, 6, 5, 4)},
      {matrix(kOne, 0, 0, -kOne), (cv::Mat_<uint8_t>(2, 3) << 4, 5, 6, 1, 2, 3)},
      {matrix(-kOne, 0, 0, -kOne), (cv::Mat_<uint8_t>(2, 3) << 6, 5, 4, 3, 2, 1)},
      // A point at (x, y) goes to (-y, x): a quarter clockwise, what telephones held upright write.
      {matrix(0, kOne, -kOne, 0), (cv::Mat_<uint8_t>(3, 2) << 4, 1, 5, 2, 6, 3)},
      {matrix(0, -kOne, kOne, 0), (cv::Mat_<uint8_t>(3, 2) << 3, 6, 2, 5, 1, 4)},
      {matrix(0, kOne, kOne, 0), (cv::Mat_<uint8_t>(3, 2) << 1, 4, 2, 5, 3, 6)},
      {matrix(0, -kOne, -kOne, 0), (cv::Mat_<uint8_t>(3, 2) << 6, 3, 5, 2, 4, 1)}};
  for (const auto& [from, want] : cases) {
    const auto turn = turn_of(from.data());
    EXPECT_TRUE(turn.exact);
    const cv::Mat shown = turned(stored, turn);
    ASSERT_EQ(shown.size(), want.size());
    EXPECT_EQ(cv::countNonZero(shown != want), 0) << shown << want;
  }
}

TEST(DisplayMatrix, ScaleAndNonsenseTurnNothing) {
  EXPECT_EQ(turn_of(nullptr), Turn{});
  EXPECT_EQ(turn_of(matrix(0, 0, 0, 0).data()), Turn{});
  EXPECT_EQ(turn_of(matrix(2 * kOne, 0, 0, kOne / 3).data()), Turn{});
}

TEST(DisplayMatrix, OtherAnglesAreTheNearestAndSaid) {
  const auto turn = turn_of(matrix(kOne * 9 / 10, kOne * 4 / 10, -kOne * 4 / 10, kOne * 9 / 10).data());
  EXPECT_FALSE(turn.exact);
  EXPECT_FALSE(turn.transpose || turn.mirror_x || turn.mirror_y);
  const auto half_a_degree = matrix(kOne, kOne / 115, -kOne / 115, kOne);
  EXPECT_EQ(turn_of(half_a_degree.data()), Turn{});
}

}  // namespace
}  // namespace focus::images::ffmpeg
