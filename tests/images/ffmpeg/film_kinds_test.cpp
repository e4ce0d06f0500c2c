#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/files.h"
#include "images/ffmpeg/seen_film.h"

namespace focus::images {
namespace {

namespace fs = std::filesystem;
using Film = test::FilmTest;
using test::FilmKind;
using test::grey_frames;
using test::NamedFilm;
using test::noisy_frames;
using test::see_film;
using test::write_film;

std::string complaint(const fs::path& path) {
  try {
    open_video(path);
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

TEST_F(Film, WhatIsNoneIsNamed) {
  EXPECT_NE(complaint(path("notes.mp4")).find("notes.mp4: no such file"), std::string::npos);
  std::ofstream(path("notes.mp4")) << "no video";
  EXPECT_NE(complaint(path("notes.mp4")).find("notes.mp4: not a readable video"), std::string::npos);
  EXPECT_THROW(open_camera(63), Error);
  std::ofstream(path("empty.mp4")) << "";
  EXPECT_NE(complaint(path("empty.mp4")).find("empty.mp4: is empty"), std::string::npos);
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
  EXPECT_GE(see_film(path("list.m3u8")).frames.size(), 24U);
}

TEST_F(Film, IsKnownByItsBytesWhereItsNameSaysNothing) {
  FilmKind gif{.encoder = "gif", .format = AV_PIX_FMT_RGB8};
  const NamedFilm cases[]{{"a.mp4", {}},
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
      EXPECT_GE(see_film(path(other)).frames.size(), 9U) << name << " as " << other;
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
}  // namespace focus::images
