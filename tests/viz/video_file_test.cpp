#include "viz/video_file.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "data/opencv/video.h"
#include "data/temporary_folder.h"

namespace focus::viz {
namespace {

namespace fs = std::filesystem;

cv::Mat grey(int level) { return {49, 65, CV_8UC3, cv::Scalar::all(level)}; }

TEST(VideoFile, HoldsWhatWasWrittenWithoutTheOddRow) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "a.mp4";
  VideoFile file(path, {65, 49}, 20);
  for (int i = 0; i < 10; ++i) file.write(grey(20 * i));
  EXPECT_FALSE(fs::exists(path)) << "not before it is whole";
  file.finish();
  auto video = data::Video::open(path);
  EXPECT_EQ(video.size(), cv::Size(64, 48));
  EXPECT_DOUBLE_EQ(video.frames_a_second(), 20);
  int frames = 0;
  while (const auto frame = video.next()) EXPECT_NEAR(cv::mean(frame->picture)[1], 20 * frames++, 6);
  EXPECT_EQ(frames, 10);
}

TEST(VideoFile, LateFramesAreShownOnTime) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "a.mp4";
  VideoFile file(path, {64, 48}, 10);
  file.fill_until(3);  // Nothing there to repeat.
  file.write(grey(50));
  file.fill_until(0.5);
  file.write(grey(200));
  file.finish();
  auto video = data::Video::open(path);
  int frames = 0;
  while (const auto frame = video.next())
    EXPECT_NEAR(cv::mean(frame->picture)[1], frames++ < 5 ? 50 : 200, 8);
  EXPECT_EQ(frames, 6);
}

TEST(VideoFile, AnUnfinishedOneLeavesNothing) {
  const test::TemporaryFolder folder;
  {
    VideoFile file(folder.path() / "a.mp4", {64, 48}, 10);
    file.write(grey(1));
  }
  EXPECT_TRUE(fs::is_empty(folder.path()));
  try {
    VideoFile file(folder.path() / "missing" / "a.mp4", {64, 48}, 10);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("missing/a.mp4: cannot be written"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace focus::viz
