#include "viz/video_file.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "images/ffmpeg/handles.h"
#include "images/opencv/mat.h"
#include "images/video.h"
#include "support/temporary_folder.h"

namespace focus::viz {
namespace {

namespace fs = std::filesystem;

cv::Mat grey(int level, cv::Size size = {65, 49}) { return {size, CV_8UC3, cv::Scalar::all(level)}; }

double grey_of(const images::VideoFrame& frame) { return cv::mean(images::view_of(frame.image))[1]; }

std::vector<images::VideoFrame> frames_of(const fs::path& path) {
  const auto video = images::open_video(path);
  std::vector<images::VideoFrame> frames;
  while (auto frame = video->next()) frames.push_back(std::move(*frame));
  EXPECT_FALSE(video->shortfall());
  return frames;
}

TEST(VideoFile, HoldsWhatWasWrittenWithoutTheOddRow) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "a.mp4";
  VideoFile file(path, {{65, 49}, 1, 20});
  for (int i = 0; i < 10; ++i) file.write(grey(20 * i), 0.05 * i);
  EXPECT_FALSE(fs::exists(path)) << "not before it is whole";
  file.finish(0);
  EXPECT_DOUBLE_EQ(images::open_video(path)->frames_a_second(), 20);
  const auto frames = frames_of(path);
  ASSERT_EQ(frames.size(), 10U);
  EXPECT_EQ(frames[0].image.width(), 64);
  EXPECT_EQ(frames[0].image.height(), 48);
  for (int i = 0; i < 10; ++i) EXPECT_NEAR(grey_of(frames[i]), 20 * i, 6);
}

TEST(VideoFile, FramesKeepTheirTimes) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "a.mp4";
  VideoFile file(path, {{64, 48}, 1, 30});
  const double times[]{7, 7 + 1 / 30.0, 7.5, 10, 10.001};
  for (const double seconds : times) file.write(grey(100), seconds);
  file.finish(12);
  const auto video = images::open_video(path);
  for (const double seconds : times) {
    const auto frame = video->next();
    ASSERT_TRUE(frame);
    EXPECT_NEAR(frame->seconds, seconds - 7, 1e-4);
  }
  EXPECT_FALSE(video->next());
  EXPECT_NEAR(video->length(), 5, 1e-3) << "the last one is shown until the end";
}

TEST(VideoFile, FramesThatDoNotComeInOrderAreShownInTurn) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "a.mp4";
  VideoFile file(path, {{64, 48}, 1, 10});
  for (const double seconds : {0.0, 0.2, 0.1, 0.1, 0.5}) file.write(grey(100), seconds);
  file.finish(0);
  const auto frames = frames_of(path);
  ASSERT_EQ(frames.size(), 5U);
  for (size_t i = 1; i < 5; ++i) EXPECT_GT(frames[i].seconds, frames[i - 1].seconds);
  EXPECT_NEAR(frames[4].seconds, 0.5, 1e-3);
}

TEST(VideoFile, ColoursAndShapeStay) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "a.mp4";
  for (const cv::Size size : {cv::Size(64, 48), cv::Size(1280, 720)}) {
    VideoFile file(path, {size, 64.0 / 45, 10});
    for (int i = 0; i < 2; ++i) file.write(cv::Mat(size, CV_8UC3, cv::Scalar(30, 200, 90)), 0.1 * i);
    file.finish(0);
    EXPECT_NEAR(images::open_video(path)->pixel_aspect(), 64.0 / 45, 0.01);
    const auto colour = cv::mean(images::view_of(frames_of(path).at(1).image));
    EXPECT_NEAR(colour[0], 30, 4);
    EXPECT_NEAR(colour[1], 200, 4);
    EXPECT_NEAR(colour[2], 90, 4);
  }
}

TEST(VideoFile, FramesOfAnotherSizeAreFittedIn) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "a.mp4";
  VideoFile file(path, {{64, 48}, 1, 10});
  file.write(grey(200, {64, 48}), 0);
  file.write(grey(200, {48, 96}), 0.1);
  file.finish(0);
  const auto frames = frames_of(path);
  ASSERT_EQ(frames.size(), 2U);
  const cv::Mat upright = images::view_of(frames[1].image);
  ASSERT_EQ(upright.size(), cv::Size(64, 48));
  EXPECT_NEAR(cv::mean(upright(cv::Rect(24, 4, 16, 40)))[1], 200, 8);
  EXPECT_NEAR(cv::mean(upright(cv::Rect(0, 0, 12, 48)))[1], 0, 8) << "black at its sides";
}

TEST(VideoFile, AnUnfinishedOneLeavesNothing) {
  const test::TemporaryFolder folder;
  {
    VideoFile file(folder.path() / "a.mp4", {{64, 48}, 1, 10});
    file.write(grey(1, {64, 48}), 0);
  }
  EXPECT_TRUE(fs::is_empty(folder.path()));
  try {
    VideoFile file(folder.path() / "missing" / "a.mp4", {{64, 48}, 1, 10});
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("missing/a.mp4: cannot be written"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace focus::viz
