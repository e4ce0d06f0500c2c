#include "data/opencv/video.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/files.h"
#include "data/opencv/test_video.h"
#include "data/temporary_folder.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;

TEST(Video, GivesItsFramesInOrder) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "a b.avi";
  test::write_video(path, 6);
  auto video = Video::open(path);
  EXPECT_EQ(video.size(), cv::Size(64, 48));
  EXPECT_DOUBLE_EQ(video.frames_a_second(), 10);
  EXPECT_EQ(video.frames(), 6);
  EXPECT_FALSE(video.is_camera());
  for (int i = 0; i < 6; ++i) {
    const auto frame = video.next();
    ASSERT_TRUE(frame) << i;
    EXPECT_NEAR(cv::mean(frame->picture)[0], 20 * i, 3);
    EXPECT_NEAR(frame->seconds, 0.1 * i, 1e-9);
  }
  EXPECT_FALSE(video.next());
  EXPECT_FALSE(video.next()) << "the end stays the end";
}

std::string complaint(const fs::path& path) {
  try {
    Video::open(path);
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

TEST(Video, WhatIsNoneIsNamed) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "notes.mp4";
  EXPECT_NE(complaint(path).find("notes.mp4: there is no such file"), std::string::npos);
  std::ofstream(path) << "no video";
  EXPECT_NE(complaint(path).find("notes.mp4: not a video that can be read"), std::string::npos);
  EXPECT_THROW(Video::open_camera(63), Error);
}

TEST(Video, ACutOneEndsEarly) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "cut.avi";
  test::write_video(path, 40);
  fs::resize_file(path, fs::file_size(path) / 2);
  auto video = Video::open(path);
  int frames = 0;
  while (video.next()) ++frames;
  EXPECT_GT(frames, 5);
  EXPECT_LT(frames, 40);
}

TEST(Video, DamageIsSurvived) {
  const test::TemporaryFolder folder;
  test::write_video(folder.path() / "whole.avi", 12);
  const auto whole = read_file(folder.path() / "whole.avi", 1 << 20);
  uint32_t random = 1;
  const auto next_random = [&random] { return random = random * 1664525U + 1013904223U; };
  const auto path = folder.path() / "damaged.avi";
  for (int i = 0; i < 60; ++i) {
    auto bytes = whole;
    for (int k = 0; k < 20; ++k) bytes[next_random() % bytes.size()] = static_cast<char>(next_random() >> 24);
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
    try {
      auto video = Video::open(path);
      for (int frames = 0; frames < 1000 && video.next(); ++frames) {
      }
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("damaged.avi"), std::string::npos);
    }
  }
}

TEST(Video, APlaylistLeadsNowhereElse) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "list.mp4";
  std::ofstream(path)
      << "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n";
  EXPECT_NE(complaint(path).find("not a video"), std::string::npos);
}

TEST(Video, IsKnownByItsName) {
  EXPECT_TRUE(is_video_name("a/b.MP4"));
  EXPECT_TRUE(is_video_name("c.webm"));
  EXPECT_FALSE(is_video_name("c.png"));
  EXPECT_FALSE(is_video_name("mp4"));
}

}  // namespace
}  // namespace focus::data
