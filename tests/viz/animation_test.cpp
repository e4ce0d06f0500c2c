#include "viz/animation.h"

#include <gtest/gtest.h>
#include <webp/mux.h>

#include "base/error.h"
#include "base/files.h"
#include "support/temporary_folder.h"

namespace focus::viz {
namespace {

TEST(Animation, HoldsAllFramesAndTheirTimes) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "a.webp";
  std::vector<cv::Mat> frames;
  for (const int shade : {0, 100, 200})
    frames.emplace_back(24, 32, CV_8UC3, cv::Scalar(shade, 0, 255 - shade));
  write_animation(path, frames, 250);
  const auto bytes = read_file(path, 1 << 20);
  const WebPData data{reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
  WebPMux* mux = WebPMuxCreate(&data, 0);
  ASSERT_NE(mux, nullptr);
  int count = 0, width = 0, height = 0;
  EXPECT_EQ(WebPMuxNumChunks(mux, WEBP_CHUNK_ANMF, &count), WEBP_MUX_OK);
  EXPECT_EQ(count, 3);
  EXPECT_EQ(WebPMuxGetCanvasSize(mux, &width, &height), WEBP_MUX_OK);
  EXPECT_EQ(width, 32);
  EXPECT_EQ(height, 24);
  WebPMuxFrameInfo frame;
  ASSERT_EQ(WebPMuxGetFrame(mux, 2, &frame), WEBP_MUX_OK);
  EXPECT_EQ(frame.duration, 250);
  WebPDataClear(&frame.bitstream);
  WebPMuxDelete(mux);
}

TEST(Animation, RefusesWhatIsNoneAndWritesNothing) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "a.webp";
  EXPECT_THROW(write_animation(path, {}, 100), Error);
  const std::vector<cv::Mat> unlike{cv::Mat(8, 8, CV_8UC3), cv::Mat(8, 9, CV_8UC3)};
  EXPECT_THROW(write_animation(path, unlike, 100), Error);
  const std::vector<cv::Mat> grey{cv::Mat(8, 8, CV_8UC1)};
  EXPECT_THROW(write_animation(path, grey, 100), Error);
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace focus::viz
