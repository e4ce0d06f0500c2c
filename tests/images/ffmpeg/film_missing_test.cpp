#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "images/ffmpeg/avi_chunks.h"
#include "images/ffmpeg/seen_film.h"

namespace focus::images {
namespace {

using Film = test::FilmTest;
using test::FilmKind;
using test::grey_frames;
using test::grey_of;
using test::NamedFilm;
using test::noisy_frames;
using test::see_film;
using test::write_film;

std::vector<NamedFilm> kinds() {
  FilmKind fragments;
  fragments.container_options = "movflags=frag_keyframe+empty_moov";
  FilmKind with_b{.b_frames = 2};
  FilmKind vp8{.encoder = "libvpx"};
  vp8.codec_options = "auto-alt-ref=1:lag-in-frames=8:deadline=realtime";
  FilmKind gif{.encoder = "gif", .format = AV_PIX_FMT_RGB8};
  std::vector<NamedFilm> all{
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
    const auto seen = see_film(path(name));
    EXPECT_EQ(seen.frames.size(), static_cast<size_t>(frames)) << name;
    EXPECT_FALSE(seen.shortfall) << name << ": " << *seen.shortfall;
    // Of a program stream only some frames have a time; FFmpeg is a frame late behind the first.
    EXPECT_NEAR(seen.frames.back().seconds, (frames - 1) / rate, name == "a.mpg" ? 0.041 : 0.021) << name;
    EXPECT_NEAR(grey_of(seen.frames.back()), 40 + 2 * (frames - 1), 5) << name << ": the last one, too";
    // Sound that goes on behind the last frame is nothing missing.
    if (name == "a.mov" || name == "a.mkv" || name == "a.avi") {
      kind.sound = 9;
      write_film(path(name), grey_frames(frames, rate, {64, 48}, 2), kind);
      const auto longer = see_film(path(name));
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
  const NamedFilm cases[]{{"a.mp4", front}, {"fragments.mp4", fragments}, {"a.avi", {}}, {"b.avi", jpeg},
                          {"a.mkv", {}},    {"a.flv", {.encoder = "flv"}}};
  for (const auto& [name, kind] : cases) {
    for (const double share : {0.6, 0.9}) {
      write_film(path(name), noisy_frames(40), kind);
      cut(path(name), share);
      const auto seen = see_film(path(name));
      EXPECT_GE(seen.frames.size(), std::floor(40 * share) - 8) << name << share;
      EXPECT_LT(seen.frames.size(), 40U) << name << share;
      ASSERT_TRUE(seen.shortfall) << name << share;
      // How many fragments there were, nobody has written down.
      const std::string count = std::to_string(seen.frames.size()) +
                                (name == "fragments.mp4" ? " frames, but not all: " : " of about ");
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
  const NamedFilm cases[]{{"a.mp4", front}, {"a.mov", jpeg}, {"a.mkv", {}}, {"a.flv", {.encoder = "flv"}}};
  for (const auto& [name, kind] : cases) {
    write_film(path(name), noisy_frames(40), kind);
    zero(path(name), 0.3, 0.5);
    const auto seen = see_film(path(name));
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
      const auto seen = see_film(path("b.avi"));
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
    const auto seen = see_film(path(name));
    EXPECT_GE(seen.frames.size(), 30U) << name;
    EXPECT_FALSE(seen.shortfall) << name << ": " << *seen.shortfall;
  }
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

}  // namespace
}  // namespace focus::images
