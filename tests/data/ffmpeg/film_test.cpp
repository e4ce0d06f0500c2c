#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "data/ffmpeg/avi_chunks.h"
#include "data/ffmpeg/test_film.h"
#include "data/opencv/mat.h"
#include "data/temporary_folder.h"
#include "data/video.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;
using test::FilmFrame;
using test::FilmKind;
using test::grey_frames;
using test::noisy_frames;
using test::write_film;

/// All of a film.
struct Seen {
  std::vector<VideoFrame> frames;
  std::optional<std::string> shortfall;
  std::vector<std::string> notes;
  int64_t told = 0;
  double length = 0;

  bool is_said(const std::string& words) const {
    return std::any_of(notes.begin(), notes.end(),
                       [&](const std::string& note) { return note.find(words) != std::string::npos; });
  }
};

Seen see(const fs::path& path) {
  Seen seen;
  const auto video = open_video(path);
  video->listen([&](const std::string& note) { seen.notes.push_back(note); });
  seen.told = video->frames();
  while (auto frame = video->next()) seen.frames.push_back(std::move(*frame));
  EXPECT_FALSE(video->next()) << "the end stays the end";
  seen.shortfall = video->shortfall();
  seen.length = video->length();
  return seen;
}

double grey_of(const VideoFrame& frame) { return cv::mean(view_of(frame.image))[1]; }

class Film : public testing::Test {
 protected:
  fs::path path(const std::string& name) const { return folder_.path() / name; }
  void zero(const fs::path& file, double from, double to) const {
    const auto size = static_cast<double>(fs::file_size(file));
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(std::llround(from * size));
    stream << std::string(static_cast<size_t>(std::llround((to - from) * size)), '\0');
  }
  void cut(const fs::path& file, double share) const {
    fs::resize_file(file, static_cast<uintmax_t>(share * static_cast<double>(fs::file_size(file))));
  }

  test::TemporaryFolder folder_;
};

TEST_F(Film, GivesItsFramesInOrder) {
  write_film(path("a b.avi"), grey_frames(6),
             {.encoder = "mjpeg", .format = AV_PIX_FMT_YUVJ420P, .range = AVCOL_RANGE_JPEG});
  const auto video = open_video(path("a b.avi"));
  EXPECT_DOUBLE_EQ(video->frames_a_second(), 10);
  EXPECT_EQ(video->frames(), 6);
  const auto seen = see(path("a b.avi"));
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
    const auto seen = see(path("a.mp4"));
    ASSERT_EQ(seen.frames.size(), 2U) << c.what;
    const auto& image = seen.frames[1].image;
    EXPECT_EQ(cv::Size(image.width(), image.height()), c.upright ? cv::Size(64, 96) : cv::Size(96, 64))
        << c.what;
    for (int i = 0; i < 4; ++i) {
      EXPECT_LT(cv::norm(corner(image, i % 2 == 1, i >= 2) - c.corners[i]), 40) << c.what << ", corner " << i;
    }
  }
}

TEST_F(Film, FramesHaveTheirOwnTimes) {
  std::vector<FilmFrame> frames = grey_frames(20, 30);
  for (int i = 0; i < 20; ++i) frames.push_back({frames[0].pixels, 20 / 30.0 + 0.2 * i});
  for (const std::string name : {"a.mp4", "a.mkv"}) {
    for (const int b_frames : {0, 2}) {
      FilmKind kind{.rate = 30, .b_frames = b_frames};
      kind.last_frame = 0.2;
      write_film(path(name), frames, kind);
      const auto seen = see(path(name));
      ASSERT_EQ(seen.frames.size(), 40U) << name;
      for (size_t i = 0; i < 40; ++i)
        EXPECT_NEAR(seen.frames[i].seconds, frames[i].seconds, 2e-3) << name << i;
      EXPECT_NEAR(seen.frames[19].seconds, 0.633, 2e-3);
      EXPECT_FALSE(seen.shortfall) << *seen.shortfall;
    }
  }
  EXPECT_NEAR(see(path("a.mp4")).length, 20 / 30.0 + 4, 0.01);
}

TEST_F(Film, TimesThatAreMissingGoOnByTheRate) {
  // Nothing but images one behind the other; FFmpeg takes such for 25 a second.
  write_film(path("a.mjpeg"), grey_frames(5),
             {.encoder = "mjpeg", .format = AV_PIX_FMT_YUVJ420P, .range = AVCOL_RANGE_JPEG});
  const auto seen = see(path("a.mjpeg"));
  ASSERT_EQ(seen.frames.size(), 5U);
  for (int i = 0; i < 5; ++i) EXPECT_NEAR(seen.frames[i].seconds, i / 25.0, 1e-6);
}

TEST_F(Film, TwoRecordingsInARowHaveOneClock) {
  write_film(path("a.ts"), grey_frames(8), {.encoder = "mpeg2video", .rate = 25});
  const auto once = read_file(path("a.ts"), 1 << 20);
  std::ofstream(path("b.ts"), std::ios::binary) << once << once;
  const auto seen = see(path("b.ts"));
  ASSERT_GE(seen.frames.size(), 15U);
  for (size_t i = 1; i < seen.frames.size(); ++i)
    EXPECT_GT(seen.frames[i].seconds, seen.frames[i - 1].seconds);
  EXPECT_LT(seen.frames.back().seconds, 3);
}

TEST_F(Film, BehindAHoleInAnAviTheTimesAreRight) {
  const FilmKind jpeg{
      .encoder = "mjpeg", .format = AV_PIX_FMT_YUVJ420P, .range = AVCOL_RANGE_JPEG, .rate = 20};
  const std::set<size_t> lost{30, 31};
  std::vector<FilmKind> all{jpeg, {.rate = 20}};
  if (test::has_encoder("libx264")) {
    all.push_back({.encoder = "libx264", .rate = 20, .b_frames = 2, .key_every = 20});
  }
  for (const auto& kind : all) {
    write_film(path("a.avi"), noisy_frames(80, 20), kind);
    const test::AviChunks whole(read_file(path("a.avi"), 1 << 24));
    ASSERT_EQ(whole.count(), 80U);
    auto heads = whole, bodies = whole;
    for (const size_t i : lost) {
      heads.chunks()[i].assign(heads.chunks()[i].size(), '\0');
      bodies.chunks()[i].replace(8, std::string::npos, std::string(bodies.chunks()[i].size() - 8, '\0'));
    }
    const std::pair<const char*, std::string> cases[]{
        {"unreadable heads", heads.whole()},
        {"unreadable frames", bodies.whole()},
        {"bytes that are gone", whole.without(lost, true)},
        {"gone from the index, too", whole.without(lost, false)}};
    for (const auto& [what, bytes] : cases) {
      const std::string of = kind.encoder + ", " + what;
      std::ofstream(path("b.avi"), std::ios::binary | std::ios::trunc) << bytes;
      const auto seen = see(path("b.avi"));
      ASSERT_TRUE(seen.shortfall) << of;
      const std::string count = std::to_string(seen.frames.size()) + " of about 80 frames: ";
      EXPECT_EQ(seen.shortfall->rfind(count, 0), 0U) << of << ": " << *seen.shortfall;
      EXPECT_GE(seen.frames.size(), 74U) << of << ": others may lean on them";
      EXPECT_LE(seen.frames.size(), 78U) << of;
      if (bytes == cases[3].second) continue;  // Nothing tells where they were.
      EXPECT_NEAR(seen.frames.back().seconds, 3.95, 1e-6) << of;
      if (kind.encoder == "libx264") continue;  // Which of them is shown behind the hole depends on it.
      ASSERT_EQ(seen.frames.size(), 78U) << of;
      for (size_t i = 0; i < 78; ++i) {
        // Two frames of the same size in a row cannot be told apart where bytes are gone.
        if (bytes == cases[2].second && i >= 30 && i < 34) continue;
        EXPECT_NEAR(seen.frames[i].seconds, 0.05 * static_cast<double>(i < 30 ? i : i + 2), 1e-6) << of << i;
      }
    }
  }
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
    const auto seen = see(path("a.avi"));
    ASSERT_EQ(seen.frames.size(), 40U) << of;
    for (size_t i = 0; i < 40; ++i) EXPECT_NEAR(seen.frames[i].seconds, frames[i].seconds, 1e-6) << of << i;
    EXPECT_FALSE(seen.shortfall) << of << ": " << *seen.shortfall;
    // Far fewer frames than places for them.
    write_film(path("b.avi"), grey_frames(10, 5), kind);
    const auto few = see(path("b.avi"));
    ASSERT_EQ(few.frames.size(), 10U) << of;
    for (size_t i = 0; i < 10; ++i) EXPECT_NEAR(few.frames[i].seconds, 0.2 * i, 1e-6) << of << i;
    EXPECT_FALSE(few.shortfall) << of << ": " << *few.shortfall;
    EXPECT_TRUE(few.is_said("places without a frame: ")) << of;
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
      const auto seen = see(path("b.mkv"));
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
    const auto seen = see(path("c.ts"));
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
    const auto seen = see(path(name));
    EXPECT_EQ(seen.frames.size(), 20U) << name;
    EXPECT_NEAR(seen.frames.back().seconds, 16.9, 0.01) << name;
    EXPECT_FALSE(seen.shortfall) << name << ": " << *seen.shortfall;
  }
}

struct Kind {
  std::string name;
  FilmKind kind;
};

std::vector<Kind> kinds() {
  FilmKind fragments;
  fragments.container_options = "movflags=frag_keyframe+empty_moov";
  FilmKind with_b{.b_frames = 2};
  FilmKind vp8{.encoder = "libvpx"};
  vp8.codec_options = "auto-alt-ref=1:lag-in-frames=8:deadline=realtime";
  FilmKind gif{.encoder = "gif", .format = AV_PIX_FMT_RGB8};
  std::vector<Kind> all{
      {"a.mp4", {}},
      {"b.mp4", with_b},
      {"fragments.mp4", fragments},
      {"a.mov", {.encoder = "mjpeg", .format = AV_PIX_FMT_YUVJ420P, .range = AVCOL_RANGE_JPEG}},
      {"a.avi", {}},
      {"b.avi", with_b},
      {"a.mkv", with_b},
      {"a.webm", vp8},
      {"a.ts", {.encoder = "mpeg2video", .rate = 25}},
      {"a.mpg", {.encoder = "mpeg2video", .rate = 25}},
      {"a.flv", {.encoder = "flv"}},
      {"a.wmv", {.encoder = "wmv2"}},
      {"a.gif", gif}};
  if (test::has_encoder("libx264")) {
    FilmKind x264{.encoder = "libx264", .b_frames = 3};
    x264.codec_options = "preset=ultrafast:b-adapt=0";
    all.insert(all.end(),
               {{"x.mp4", x264}, {"x.mkv", x264}, {"x.ts", x264}, {"x.flv", x264}, {"x.avi", x264}});
  }
  return all;
}

TEST_F(Film, NoHealthyOneIsSuspected) {
  for (auto [name, kind] : kinds()) {
    const int frames = 45;
    const double rate = kind.rate;
    write_film(path(name), grey_frames(frames, rate, {64, 48}, 2), kind);
    const auto seen = see(path(name));
    EXPECT_EQ(seen.frames.size(), static_cast<size_t>(frames)) << name;
    EXPECT_FALSE(seen.shortfall) << name << ": " << *seen.shortfall;
    // Of a program stream only some frames have a time; FFmpeg is a frame late behind the first.
    EXPECT_NEAR(seen.frames.back().seconds, (frames - 1) / rate, name == "a.mpg" ? 0.041 : 0.021) << name;
    EXPECT_NEAR(grey_of(seen.frames.back()), 40 + 2 * (frames - 1), 5) << name << ": the last one, too";
    // Sound that goes on behind the last frame is nothing missing.
    if (name == "a.mov" || name == "a.mkv" || name == "a.avi") {
      kind.sound = 9;
      write_film(path(name), grey_frames(frames, rate, {64, 48}, 2), kind);
      const auto longer = see(path(name));
      EXPECT_EQ(longer.frames.size(), static_cast<size_t>(frames)) << name;
      EXPECT_FALSE(longer.shortfall) << name << ": " << *longer.shortfall;
    }
  }
}

TEST_F(Film, ACutOneIsSaidToBe) {
  FilmKind front;
  front.container_options = "movflags=faststart";
  FilmKind fragments;
  fragments.container_options = "movflags=frag_keyframe+empty_moov";
  FilmKind jpeg{.encoder = "mjpeg", .format = AV_PIX_FMT_YUVJ420P, .range = AVCOL_RANGE_JPEG};
  const Kind cases[]{{"a.mp4", front}, {"fragments.mp4", fragments}, {"a.avi", {}}, {"b.avi", jpeg},
                     {"a.mkv", {}},    {"a.flv", {.encoder = "flv"}}};
  for (const auto& [name, kind] : cases) {
    for (const double share : {0.6, 0.9}) {
      write_film(path(name), noisy_frames(40), kind);
      cut(path(name), share);
      const auto seen = see(path(name));
      EXPECT_GE(seen.frames.size(), std::floor(40 * share) - 8) << name << share;
      EXPECT_LT(seen.frames.size(), 40U) << name << share;
      ASSERT_TRUE(seen.shortfall) << name << share;
      // How many fragments there were, nobody has written down.
      const std::string count = std::to_string(seen.frames.size()) +
                                (name == "fragments.mp4" ? " frames, and not all there are: " : " of about ");
      EXPECT_EQ(seen.shortfall->rfind(count, 0), 0U) << name << ": " << *seen.shortfall;
      if (name == "a.mp4") {
        EXPECT_EQ(*seen.shortfall, count + "40 frames: the rest is missing");
      }
    }
  }
}

TEST_F(Film, ADamagedStretchIsPassed) {
  FilmKind jpeg{.encoder = "mjpeg", .format = AV_PIX_FMT_YUVJ420P, .range = AVCOL_RANGE_JPEG};
  FilmKind front;
  front.container_options = "movflags=faststart";
  const Kind cases[]{{"a.mp4", front}, {"a.mov", jpeg}, {"a.mkv", {}}, {"a.flv", {.encoder = "flv"}}};
  for (const auto& [name, kind] : cases) {
    write_film(path(name), noisy_frames(40), kind);
    zero(path(name), 0.3, 0.5);
    const auto seen = see(path(name));
    EXPECT_GT(seen.frames.size(), 24U) << name << ": what lies behind it, too";
    EXPECT_NEAR(seen.frames.back().seconds, 3.9, 0.1) << name;
    if (seen.frames.size() < 40) {
      ASSERT_TRUE(seen.shortfall) << name << ": " << seen.frames.size();
      EXPECT_NE(seen.shortfall->find("of about 4"), std::string::npos) << *seen.shortfall;
    } else {
      EXPECT_TRUE(seen.is_said("damaged frames: ")) << name;
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
    const auto seen = see(path("a.mkv"));
    ASSERT_EQ(seen.frames.size(), 4U) << c.what;
    for (int i = 0; i < 4; ++i) EXPECT_NEAR(grey_of(seen.frames[i]), 40 + 50 * i, 3) << c.what;
    EXPECT_EQ(cv::Size(seen.frames[0].image.width(), seen.frames[0].image.height()), c.size) << c.what;
    if (kind.format == AV_PIX_FMT_GRAY8) continue;
    const cv::Mat corners = test::four_corners(c.size);
    write_film(path("a.mkv"), {{corners, 0}}, kind);
    const auto coloured = see(path("a.mkv"));
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
  const auto seen = see(path("c.ts"));
  ASSERT_GE(seen.frames.size(), 9U);
  EXPECT_EQ(seen.frames.front().image.width(), 64);
  EXPECT_EQ(seen.frames.back().image.width(), 96);
  EXPECT_TRUE(seen.is_said("changes its size"));
}

TEST_F(Film, PixelsThatAreNotSquareStayAsTheyAreAndAreSaid) {
  FilmKind kind;
  kind.pixel_aspect = {64, 45};
  write_film(path("a.mp4"), grey_frames(2), kind);
  const auto seen = see(path("a.mp4"));
  ASSERT_EQ(seen.frames.size(), 2U);
  EXPECT_EQ(seen.frames[0].image.width(), 64);
  EXPECT_TRUE(seen.is_said("has pixels 1.42 times as wide as high"));
  EXPECT_NEAR(open_video(path("a.mp4"))->pixel_aspect(), 64.0 / 45, 0.01);
}

std::string complaint(const fs::path& path) {
  try {
    open_video(path);
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

TEST_F(Film, WhatIsNoneIsNamed) {
  EXPECT_NE(complaint(path("notes.mp4")).find("notes.mp4: there is no such file"), std::string::npos);
  std::ofstream(path("notes.mp4")) << "no video";
  EXPECT_NE(complaint(path("notes.mp4")).find("notes.mp4: not a video that can be read"), std::string::npos);
  EXPECT_THROW(open_camera(63), Error);
  std::ofstream(path("empty.mp4")) << "";
  EXPECT_NE(complaint(path("empty.mp4")).find("empty.mp4: is empty"), std::string::npos);
}

TEST_F(Film, WhatLeansOnFramesBeforeACutIsNotMissed) {
  FilmKind with_b{.b_frames = 2};
  for (const std::string name : {"a.avi", "a.mkv"}) {
    write_film(path(name), noisy_frames(40), with_b);
    std::string bytes = read_file(path(name), 1 << 24);
    if (name == "a.avi") {
      // From the second whole frame on, as programs cut without encoding anew.
      const test::AviChunks whole(bytes);
      std::set<size_t> before;
      for (size_t i = 0; i < whole.count() && !(i > 0 && whole.is_key(i)); ++i) before.insert(i);
      bytes = whole.without(before, false);
      std::memcpy(bytes.data() + bytes.find("vids") + 32, "\0\0\0\0", 4);  // How many are left is not told.
    }
    std::ofstream(path(name), std::ios::binary | std::ios::trunc) << bytes;
    const auto seen = see(path(name));
    EXPECT_GE(seen.frames.size(), 30U) << name;
    EXPECT_FALSE(seen.shortfall) << name << ": " << *seen.shortfall;
  }
}

TEST_F(Film, AnMp4ThatWasCutBeforeItsIndexIsCalledSo) {
  write_film(path("a.mp4"), noisy_frames(10));
  const auto whole = read_file(path("a.mp4"), 1 << 24);
  const size_t index = whole.rfind("moov") - 4;
  // Within the frames, where the index would begin, and within it.
  for (const size_t size : {index / 2, index, index + 60}) {
    std::ofstream(path("b.mp4"), std::ios::binary | std::ios::trunc) << whole.substr(0, size);
    const auto said = complaint(path("b.mp4"));
    EXPECT_NE(said.find("b.mp4: i"), std::string::npos) << said;
    EXPECT_NE(said.find("its index (moov)"), std::string::npos)
        << size << " of " << whole.size() << ": " << said;
    EXPECT_NE(said.find("is missing"), std::string::npos) << said;
  }
}

/// A second of silence.
std::string wave_file() {
  const auto number = [](uint32_t value, size_t size) {
    return std::string(reinterpret_cast<const char*>(&value), size);
  };
  const std::string data(16000, '\0');
  return "RIFF" + number(36 + data.size(), 4) + "WAVEfmt " + number(16, 4) + number(1, 2) + number(1, 2) +
         number(8000, 4) + number(16000, 4) + number(2, 2) + number(16, 2) + "data" + number(data.size(), 4) +
         data;
}

TEST_F(Film, SoundAndPlaylistsAreCalledSo) {
  std::ofstream(path("sound.mp3"), std::ios::binary) << wave_file();
  EXPECT_NE(complaint(path("sound.mp3")).find("sound.mp3: holds no video, only sound"), std::string::npos);
  std::ofstream(path("list.m3u8"))
      << "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n";
  const auto said = complaint(path("list.m3u8"));
  EXPECT_NE(said.find("list.m3u8: is a playlist"), std::string::npos) << said;
  EXPECT_NE(said.find("a file never opens an address"), std::string::npos) << said;
  // What it names beside it is read.
  write_film(path("a.ts"), grey_frames(25, 25), {.encoder = "mpeg2video", .rate = 25});
  std::ofstream(path("list.m3u8")) << "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\na.ts\n#EXT-X-ENDLIST\n";
  EXPECT_GE(see(path("list.m3u8")).frames.size(), 24U);
}

TEST_F(Film, IsKnownByItsBytesWhereItsNameSaysNothing) {
  FilmKind gif{.encoder = "gif", .format = AV_PIX_FMT_RGB8};
  const Kind cases[]{{"a.mp4", {}},
                     {"a.mov", {}},
                     {"a.avi", {}},
                     {"a.mkv", {}},
                     {"a.gif", gif},
                     {"a.flv", {.encoder = "flv"}},
                     {"a.wmv", {.encoder = "wmv2"}},
                     {"a.ts", {.encoder = "mpeg2video", .rate = 25}},
                     {"a.mpg", {.encoder = "mpeg2video", .rate = 25}}};
  for (const auto& [name, kind] : cases) {
    write_film(path(name), grey_frames(10, kind.rate), kind);
    EXPECT_TRUE(is_video_file(path(name))) << name;
    for (const std::string other : {"film", "film.bin"}) {
      fs::copy_file(path(name), path(other), fs::copy_options::overwrite_existing);
      EXPECT_TRUE(is_video_file(path(other))) << name << " as " << other;
      EXPECT_GE(see(path(other)).frames.size(), 9U) << name << " as " << other;
    }
  }
  std::ofstream(path("notes")) << "G is no transport stream, and this is long enough"
                               << std::string(600, '.');
  EXPECT_FALSE(is_video_file(path("notes")));
  EXPECT_FALSE(is_video_file(folder_.path()));
  EXPECT_FALSE(is_video_file(path("absent")));
  std::ofstream(path("photo"), std::ios::binary) << std::string(
      "\0\0\0\x18"
      "ftypheic\0\0\0\0",
      16);
  EXPECT_FALSE(is_video_file(path("photo"))) << "an image in such a container";
}

TEST_F(Film, DamageIsSurvived) {
  write_film(path("whole.avi"), grey_frames(12),
             {.encoder = "mjpeg", .format = AV_PIX_FMT_YUVJ420P, .range = AVCOL_RANGE_JPEG});
  write_film(path("whole.mp4"), grey_frames(12));
  write_film(path("whole.mkv"), grey_frames(12));
  for (const std::string kind : {".avi", ".mp4", ".mkv"}) {
    const auto whole = read_file(path("whole" + kind), 1 << 20);
    uint32_t random = 1;
    const auto next_random = [&random] { return random = random * 1664525U + 1013904223U; };
    for (int i = 0; i < 60; ++i) {
      auto bytes = whole;
      for (int k = 0; k < 20; ++k)
        bytes[next_random() % bytes.size()] = static_cast<char>(next_random() >> 24);
      std::ofstream(path("damaged" + kind), std::ios::binary | std::ios::trunc) << bytes;
      try {
        const auto video = open_video(path("damaged" + kind));
        for (int frames = 0; frames < 1000 && video->next(); ++frames) {
        }
        video->shortfall();
      } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("damaged" + kind), std::string::npos);
      }
    }
  }
}

TEST(VideoName, IsKnownByItsExtension) {
  EXPECT_TRUE(is_video_name("a/b.MP4"));
  EXPECT_TRUE(is_video_name("c.webm"));
  EXPECT_TRUE(is_video_name("c.gif"));
  EXPECT_FALSE(is_video_name("c.png"));
  EXPECT_FALSE(is_video_name("mp4"));
}

TEST(StreamAddress, IsKnownByItsScheme) {
  EXPECT_TRUE(is_stream_address("rtsp://camera/1"));
  EXPECT_TRUE(is_stream_address("HTTP://10.0.0.1:80/a.mp4"));
  EXPECT_FALSE(is_stream_address("a.mp4"));
  EXPECT_FALSE(is_stream_address("./a://b.mp4"));
  EXPECT_FALSE(is_stream_address("://b"));
  EXPECT_FALSE(is_stream_address("rtsp://"));
}

TEST(StreamAddress, ItsPasswordIsNotShown) {
  EXPECT_EQ(shown_address("rtsp://me:secret@camera:554/a"), "rtsp://me:***@camera:554/a");
  EXPECT_EQ(shown_address("rtsp://me:se@cret@camera/a"), "rtsp://me:***@camera/a");
  EXPECT_EQ(shown_address("rtsp://camera:554/a@b:c"), "rtsp://camera:554/a@b:c");
  EXPECT_EQ(shown_address("rtsp://me@camera:554/a"), "rtsp://me@camera:554/a");
  EXPECT_EQ(shown_address("a:b@c.mp4"), "a:b@c.mp4");
}

}  // namespace
}  // namespace focus::data
