#include <gtest/gtest.h>

#include <fstream>

#include "base/files.h"
#include "images/ffmpeg/seen_film.h"

namespace focus::images {
namespace {

using Film = test::FilmTest;
using test::FilmFrame;
using test::FilmKind;
using test::grey_frames;
using test::see_film;
using test::write_film;

TEST_F(Film, FramesHaveTheirOwnTimes) {
  std::vector<FilmFrame> frames = grey_frames(20, 30);
  for (int i = 0; i < 20; ++i) frames.push_back({frames[0].pixels, 20 / 30.0 + 0.2 * i});
  for (const std::string name : {"a.mp4", "a.mkv"}) {
    for (const int b_frames : {0, 2}) {
      FilmKind kind{.rate = 30, .b_frames = b_frames};
      kind.last_frame = 0.2;
      write_film(path(name), frames, kind);
      const auto seen = see_film(path(name));
      ASSERT_EQ(seen.frames.size(), 40U) << name;
      for (size_t i = 0; i < 40; ++i)
        EXPECT_NEAR(seen.frames[i].seconds, frames[i].seconds, 2e-3) << name << i;
      EXPECT_NEAR(seen.frames[19].seconds, 0.633, 2e-3);
      EXPECT_FALSE(seen.shortfall) << *seen.shortfall;
    }
  }
  EXPECT_NEAR(see_film(path("a.mp4")).length, 20 / 30.0 + 4, 0.01);
}

TEST_F(Film, TimesThatAreMissingGoOnByTheRate) {
  // Nothing but images one behind the other; FFmpeg takes such for 25 a second.
  write_film(path("a.mjpeg"), grey_frames(5),
             {.encoder = "mjpeg", .format = AV_PIX_FMT_YUVJ420P, .range = AVCOL_RANGE_JPEG});
  const auto seen = see_film(path("a.mjpeg"));
  ASSERT_EQ(seen.frames.size(), 5U);
  for (int i = 0; i < 5; ++i) EXPECT_NEAR(seen.frames[i].seconds, i / 25.0, 1e-6);
}

TEST_F(Film, TwoRecordingsInARowHaveOneClock) {
  write_film(path("a.ts"), grey_frames(8), {.encoder = "mpeg2video", .rate = 25});
  const auto once = read_file(path("a.ts"), 1 << 20);
  std::ofstream(path("b.ts"), std::ios::binary) << once << once;
  const auto seen = see_film(path("b.ts"));
  ASSERT_GE(seen.frames.size(), 15U);
  for (size_t i = 1; i < seen.frames.size(); ++i)
    EXPECT_GT(seen.frames[i].seconds, seen.frames[i - 1].seconds);
  EXPECT_LT(seen.frames.back().seconds, 3);
}

TEST_F(Film, AnAviWithBFramesHasItsTimes) {
  std::vector<FilmFrame> frames = grey_frames(20, 20);
  for (int i = 1; i <= 20; ++i) frames.push_back({frames[0].pixels, 0.95 + 0.1 * i});
  std::vector<FilmKind> all{{.rate = 20}, {.rate = 20, .b_frames = 2}};
  if (test::has_encoder("libx264")) {
    FilmKind x264{.encoder = "libx264", .rate = 20, .b_frames = 3};
    x264.codec_options = "preset=ultrafast:b-adapt=0";
    all.push_back(x264);
  }
  for (const auto& kind : all) {
    const std::string of = kind.encoder + std::to_string(kind.b_frames) + ", frame ";
    write_film(path("a.avi"), frames, kind);
    const auto seen = see_film(path("a.avi"));
    ASSERT_EQ(seen.frames.size(), 40U) << of;
    for (size_t i = 0; i < 40; ++i) EXPECT_NEAR(seen.frames[i].seconds, frames[i].seconds, 1e-6) << of << i;
    EXPECT_FALSE(seen.shortfall) << of << ": " << *seen.shortfall;
    // Far fewer frames than places for them.
    write_film(path("b.avi"), grey_frames(10, 5), kind);
    const auto few = see_film(path("b.avi"));
    ASSERT_EQ(few.frames.size(), 10U) << of;
    for (size_t i = 0; i < 10; ++i) EXPECT_NEAR(few.frames[i].seconds, 0.2 * i, 1e-6) << of << i;
    EXPECT_FALSE(few.shortfall) << of << ": " << *few.shortfall;
    EXPECT_TRUE(few.is_said("slots without a frame: ")) << of;
  }
}

TEST_F(Film, OneWrongTimeMovesThatFrameAlone) {
  for (const int b_frames : {0, 2}) {
    write_film(path("a.mkv"), grey_frames(40), {.b_frames = b_frames});
    const auto whole = read_file(path("a.mkv"), 1 << 24);
    // Repeated, earlier, and far ahead: of the frame at 1.2 s.
    for (const int wrong : {1100, 700, 9000}) {
      auto bytes = whole;
      int found = 0;
      for (const char flags : {'\0', '\x80'}) {
        const std::string block{'\x81', '\x04', '\xB0', flags};  // Of track 1, at 1200 ms.
        const size_t at = bytes.find(block);
        if (at == std::string::npos) continue;
        bytes[at + 1] = static_cast<char>(wrong >> 8);
        bytes[at + 2] = static_cast<char>(wrong & 255);
        ++found;
      }
      ASSERT_EQ(found, 1);
      std::ofstream(path("b.mkv"), std::ios::binary | std::ios::trunc) << bytes;
      const auto seen = see_film(path("b.mkv"));
      ASSERT_EQ(seen.frames.size(), 40U) << wrong;
      for (size_t i = 0; i < 40; ++i)
        EXPECT_NEAR(seen.frames[i].seconds, 0.1 * i, 2e-3) << wrong << ", " << i;
    }
  }
}

TEST_F(Film, RecordingsFarApartInARowHaveOneClock) {
  const FilmKind early{.encoder = "mpeg2video", .rate = 25};
  FilmKind late = early;
  late.container_options = "output_ts_offset=500";
  write_film(path("a.ts"), grey_frames(20, 25), early);
  write_film(path("b.ts"), grey_frames(20, 25), late);
  const auto a = read_file(path("a.ts"), 1 << 20), b = read_file(path("b.ts"), 1 << 20);
  for (const auto& bytes : {a + b, b + a}) {
    std::ofstream(path("c.ts"), std::ios::binary | std::ios::trunc) << bytes;
    const auto seen = see_film(path("c.ts"));
    ASSERT_GE(seen.frames.size(), 39U);
    for (size_t i = 1; i < seen.frames.size(); ++i) {
      EXPECT_GT(seen.frames[i].seconds, seen.frames[i - 1].seconds);
      EXPECT_LT(seen.frames[i].seconds, seen.frames[i - 1].seconds + 0.13) << i;
    }
    EXPECT_FALSE(seen.shortfall) << *seen.shortfall;
  }
}

TEST_F(Film, AStillWithSoundIsNoEnd) {
  std::vector<FilmFrame> frames = grey_frames(10);
  for (int i = 0; i < 10; ++i) frames.push_back({frames[0].pixels, 16 + 0.1 * i});
  for (const std::string name : {"a.mov", "a.mkv", "a.avi"}) {
    FilmKind kind;
    kind.sound = 16.9;
    write_film(path(name), frames, kind);
    const auto seen = see_film(path(name));
    EXPECT_EQ(seen.frames.size(), 20U) << name;
    EXPECT_NEAR(seen.frames.back().seconds, 16.9, 0.01) << name;
    EXPECT_FALSE(seen.shortfall) << name << ": " << *seen.shortfall;
  }
}

}  // namespace
}  // namespace focus::images
