#include <gtest/gtest.h>

#include <fstream>

#include "base/files.h"
#include "images/ffmpeg/seen_film.h"

namespace focus::images {
namespace {

using Film = test::FilmTest;
using test::FilmKind;
using test::grey_frames;
using test::grey_of;
using test::see_film;
using test::write_film;

TEST_F(Film, GivesItsFramesInOrder) {
  write_film(path("a b.avi"), grey_frames(6),
             {.encoder = "mjpeg", .format = AV_PIX_FMT_YUVJ420P, .range = AVCOL_RANGE_JPEG});
  const auto video = open_video(path("a b.avi"));
  EXPECT_DOUBLE_EQ(video->frames_a_second(), 10);
  EXPECT_EQ(video->frames(), 6);
  const auto seen = see_film(path("a b.avi"));
  ASSERT_EQ(seen.frames.size(), 6U);
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(seen.frames[i].image.width(), 64);
    EXPECT_EQ(seen.frames[i].image.height(), 48);
    EXPECT_NEAR(grey_of(seen.frames[i]), 40 + 4 * i, 2);
    EXPECT_NEAR(seen.frames[i].seconds, 0.1 * i, 1e-9);
  }
  EXPECT_FALSE(seen.shortfall) << *seen.shortfall;
}

/// The colour a quarter of the way from a corner.
cv::Vec3b corner(const Image& image, bool right, bool bottom) {
  const int x = image.width() * (right ? 3 : 1) / 4, y = image.height() * (bottom ? 3 : 1) / 4;
  const uint8_t* pixel = image.row(y) + 3 * x;
  return {pixel[0], pixel[1], pixel[2]};
}

TEST_F(Film, IsTurnedAsPlayersTurnIt) {
  constexpr int32_t kOne = 1 << 16;
  const cv::Vec3b red(0, 0, 255), green(0, 255, 0), blue(255, 0, 0), white(255, 255, 255);
  struct Case {
    const char* what;
    int32_t a, b, c, d;
    bool upright;
    cv::Vec3b corners[4];  ///< top left, top right, bottom left, bottom right
  };
  const Case cases[]{{"as it is", kOne, 0, 0, kOne, false, {red, green, blue, white}},
                     {"a quarter clockwise", 0, kOne, -kOne, 0, true, {blue, red, white, green}},
                     {"half", -kOne, 0, 0, -kOne, false, {white, blue, green, red}},
                     {"a quarter counterclockwise", 0, -kOne, kOne, 0, true, {green, white, red, blue}},
                     {"mirrored", -kOne, 0, 0, kOne, false, {green, red, white, blue}},
                     {"upside down in a mirror", kOne, 0, 0, -kOne, false, {blue, white, red, green}},
                     {"transposed", 0, kOne, kOne, 0, true, {red, blue, green, white}}};
  for (const auto& c : cases) {
    const cv::Mat stored = test::four_corners({96, 64});
    FilmKind kind;
    kind.matrix = {c.a, c.b, 0, c.c, c.d, 0, 0, 0, 1 << 30};
    write_film(path("a.mp4"), {{stored, 0}, {stored, 0.1}}, kind);
    const auto seen = see_film(path("a.mp4"));
    ASSERT_EQ(seen.frames.size(), 2U) << c.what;
    const auto& image = seen.frames[1].image;
    EXPECT_EQ(cv::Size(image.width(), image.height()), c.upright ? cv::Size(64, 96) : cv::Size(96, 64))
        << c.what;
    for (int i = 0; i < 4; ++i) {
      EXPECT_LT(cv::norm(corner(image, i % 2 == 1, i >= 2) - c.corners[i]), 40) << c.what << ", corner " << i;
    }
  }
}

TEST_F(Film, FramesOfOtherDepthsRangesAndSizesAreRight) {
  struct Case {
    const char* what;
    FilmKind kind;
    cv::Size size;
  };
  const Case cases[]{
      {"full range",
       {.encoder = "mjpeg", .format = AV_PIX_FMT_YUVJ420P, .range = AVCOL_RANGE_JPEG},
       {64, 48}},
      {"an odd size",
       {.encoder = "mjpeg", .format = AV_PIX_FMT_YUVJ444P, .range = AVCOL_RANGE_JPEG},
       {61, 47}},
      {"odd, with halved colours", {.encoder = "ffv1", .format = AV_PIX_FMT_YUV420P}, {61, 47}},
      {"ten bits", {.encoder = "ffv1", .format = AV_PIX_FMT_YUV420P10LE}, {64, 48}},
      {"RGB", {.encoder = "ffv1", .format = AV_PIX_FMT_BGR0}, {64, 48}},
      {"grey", {.encoder = "ffv1", .format = AV_PIX_FMT_GRAY8}, {64, 48}}};
  for (const auto& c : cases) {
    auto kind = c.kind;
    if (c.kind.format == AV_PIX_FMT_BGR0 || c.kind.format == AV_PIX_FMT_GRAY8) kind.range = AVCOL_RANGE_JPEG;
    write_film(path("a.mkv"), grey_frames(4, 10, c.size, 50), kind);
    const auto seen = see_film(path("a.mkv"));
    ASSERT_EQ(seen.frames.size(), 4U) << c.what;
    for (int i = 0; i < 4; ++i) EXPECT_NEAR(grey_of(seen.frames[i]), 40 + 50 * i, 3) << c.what;
    EXPECT_EQ(cv::Size(seen.frames[0].image.width(), seen.frames[0].image.height()), c.size) << c.what;
    if (kind.format == AV_PIX_FMT_GRAY8) continue;
    const cv::Mat corners = test::four_corners(c.size);
    write_film(path("a.mkv"), {{corners, 0}}, kind);
    const auto coloured = see_film(path("a.mkv"));
    ASSERT_EQ(coloured.frames.size(), 1U) << c.what;
    EXPECT_LT(cv::norm(corner(coloured.frames[0].image, false, false) - cv::Vec3b(0, 0, 255)), 20) << c.what;
    EXPECT_LT(cv::norm(corner(coloured.frames[0].image, true, false) - cv::Vec3b(0, 255, 0)), 20) << c.what;
  }
}

TEST_F(Film, MayChangeItsSize) {
  FilmKind kind{.encoder = "mpeg2video", .rate = 25};
  write_film(path("a.ts"), grey_frames(5, 25), kind);
  write_film(path("b.ts"), grey_frames(5, 25, {96, 80}), kind);
  std::ofstream(path("c.ts"), std::ios::binary)
      << read_file(path("a.ts"), 1 << 20) << read_file(path("b.ts"), 1 << 20);
  const auto seen = see_film(path("c.ts"));
  ASSERT_GE(seen.frames.size(), 9U);
  EXPECT_EQ(seen.frames.front().image.width(), 64);
  EXPECT_EQ(seen.frames.back().image.width(), 96);
  EXPECT_TRUE(seen.is_said("changes its size"));
}

TEST_F(Film, PixelsThatAreNotSquareStayAsTheyAreAndAreSaid) {
  FilmKind kind;
  kind.pixel_aspect = {64, 45};
  write_film(path("a.mp4"), grey_frames(2), kind);
  const auto seen = see_film(path("a.mp4"));
  ASSERT_EQ(seen.frames.size(), 2U);
  EXPECT_EQ(seen.frames[0].image.width(), 64);
  EXPECT_TRUE(seen.is_said("has pixels 1.42 times as wide as high"));
  EXPECT_NEAR(open_video(path("a.mp4"))->pixel_aspect(), 64.0 / 45, 0.01);
}

}  // namespace
}  // namespace focus::images
