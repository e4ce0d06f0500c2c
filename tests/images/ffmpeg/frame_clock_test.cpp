#include "images/ffmpeg/frame_clock.h"

#include <gtest/gtest.h>

namespace focus::images::ffmpeg {
namespace {

/// The times of frames of which these are told; negative: nothing is.
std::vector<double> times(const std::vector<double>& told, double usual = 1, bool may_wait = true) {
  FrameClock clock(may_wait);
  std::vector<double> all;
  const auto take = [&](const std::vector<double>& settled) {
    all.insert(all.end(), settled.begin(), settled.end());
  };
  for (const double time : told) take(clock.add(time < 0 ? std::nullopt : std::optional(time), usual));
  take(clock.finish());
  return all;
}

using Times = std::vector<double>;

TEST(FrameClock, KeepsWhatRises) {
  EXPECT_EQ(times({0, 1, 1.5, 9, 10, 40}), (Times{0, 1, 1.5, 9, 10, 40}));
  EXPECT_EQ(times({3}), (Times{3}));
  EXPECT_EQ(times({}), (Times{}));
}

TEST(FrameClock, AWrongTimeMovesThatFrameAlone) {
  EXPECT_EQ(times({0, 1, 1, 3, 4}), (Times{0, 1, 2, 3, 4})) << "repeated";
  EXPECT_EQ(times({0, 1, 0, 3, 4}), (Times{0, 1, 2, 3, 4})) << "earlier";
  EXPECT_EQ(times({0, 1, 90, 3, 4}), (Times{0, 1, 2, 3, 4})) << "far ahead";
  EXPECT_EQ(times({0, 1, 1, 2, 3}), (Times{0, 1, 1.5, 2, 3})) << "with no room of its own";
  EXPECT_EQ(times({0, 1, 1, 1, 4, 5}), (Times{0, 1, 2, 3, 4, 5})) << "twice";
  EXPECT_EQ(times({0, 1, 2, 2}), (Times{0, 1, 2, 3})) << "the last one";
}

TEST(FrameClock, GoesOnWhereTheClockBeginsAnew) {
  EXPECT_EQ(times({5, 6, 7, 0, 1, 2}), (Times{5, 6, 7, 8, 9, 10}));
  EXPECT_EQ(times({5, 6, 7, 7, 0, 1, 2}), (Times{5, 6, 7, 8, 9, 10, 11}));
  EXPECT_EQ(times({5, 90, 0, 1, 2}), (Times{5, 90, 91, 92, 93}));
}

TEST(FrameClock, WaitsForNothingFarAheadUnlessItMay) {
  FrameClock live(false);
  live.add(0, 1);
  EXPECT_EQ(live.add(50, 1), (Times{50}));
  FrameClock film(true);
  film.add(0, 1);
  EXPECT_TRUE(film.add(50, 1).empty());
  EXPECT_EQ(film.add(51, 1), (Times{50, 51}));
}

TEST(FrameClock, WithoutTimesGoesOnByTheRule) {
  EXPECT_EQ(times({0, -1, -1, 3, -1}), (Times{0, 1, 2, 3, 4}));
  EXPECT_EQ(times({-1, -1}), (Times{0, 1}));
}

TEST(FrameClock, TimesThatNeverRiseEnd) {
  const auto all = times(std::vector<double>(50, 7));
  ASSERT_EQ(all.size(), 50U);
  for (size_t i = 1; i < all.size(); ++i) EXPECT_GT(all[i], all[i - 1]);
}

}  // namespace
}  // namespace focus::images::ffmpeg
