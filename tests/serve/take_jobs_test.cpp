#include "serve/take_jobs.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <opencv2/imgcodecs.hpp>

#include "http/error.h"
#include "serve/batch_bench.h"
#include "support/sanitized.h"

namespace focus::serve {
namespace {

using test::BatchBench;

class TakeJobs : public testing::Test {
 protected:
  TakenJobs take(std::vector<SentImage> images, const Look& look = {}, const Patience& patience = {}) {
    return take_jobs({std::move(images), look}, model_, patience, limits_, bench_.batcher);
  }
  std::pair<int, std::string> refusal(std::vector<SentImage> images, const Look& look = {},
                                      const Patience& patience = {}) {
    try {
      take(std::move(images), look, patience);
    } catch (const http::HttpError& error) {
      return {error.status(), error.what()};
    }
    return {200, ""};
  }

  RequestLimits limits_{3, 5000};
  ServedModelPointer model_ = test::named_model("m");
  BatchBench bench_{{.max_batch = 4, .queue = 8, .max_bytes = 22000, .wait = {}}};
  images::Image image_ = test::noise(40, 60);
  std::string png_ = test::encoded(image_);
};

TEST_F(TakeJobs, DecodesFilesAndPixels) {
  Look look;
  look.options.threshold = 0.7;
  const auto taken =
      take({{"a.png", png_, {}}, {"raw", std::string_view("\1\2\3\4\5\6"), nn::ImageSize{1, 2}}}, look);
  ASSERT_EQ(taken.jobs.size(), 2U);
  EXPECT_EQ(test::largest_difference(taken.jobs[0].image, image_), 0);
  const uint8_t* second = taken.jobs[1].image.row(0) + 3;
  EXPECT_EQ(std::vector<uint8_t>(second, second + 3), (std::vector<uint8_t>{6, 5, 4})) << "RGB came";
  EXPECT_EQ(taken.jobs[0].model, model_);
  EXPECT_EQ(taken.jobs[0].look.options.threshold, 0.7);
  EXPECT_GT(taken.jobs[0].decoding.count(), 0);
  EXPECT_EQ(taken.part_read, (std::vector<std::string>{"", ""}));
  EXPECT_EQ(bench_.batcher.waiting(), 2);
  EXPECT_EQ(bench_.batcher.bytes(), 3 * (40 * 60 + 2));
}

TEST_F(TakeJobs, RoomIsGivenBackWhereverItFails) {
  auto damaged = png_;
  for (size_t i = 60; i < 200; ++i) damaged[i] = 'x';
  const auto [status, words] = refusal({{"good.png", png_, {}}, {"bad.png", damaged, {}}});
  EXPECT_EQ(status, 400);
  EXPECT_NE(words.find("bad.png"), std::string::npos) << words;
  EXPECT_EQ(bench_.batcher.waiting(), 0);
  EXPECT_EQ(bench_.batcher.bytes(), 0);
  EXPECT_EQ(model_->statistics->counts().fail.count, 1U);
}

TEST_F(TakeJobs, WhatIsWrongIsNamed) {
  const auto expect = [&](std::vector<SentImage> images, int status, const std::string& words) {
    const auto found = refusal(std::move(images));
    EXPECT_EQ(found.first, status) << found.second;
    EXPECT_NE(found.second.find(words), std::string::npos) << found.second;
  };
  expect({{"notes.txt", "hello", {}}}, 400, "notes.txt: not a JPEG");
  expect({{"empty.jpg", "", {}}}, 400, "empty.jpg");
  expect({{"cut.png", std::string_view(png_).substr(0, png_.size() / 2), {}}}, 400, "truncated");
  const auto large = test::encoded(test::noise(100, 60));
  expect({{"large.png", large, {}}}, 413, "large.png: 60 x 100 pixels; at most 5000");
  expect(std::vector<SentImage>(4, {"a.png", png_, {}}), 413, "4 images in one request; at most 3");
  expect({{"raw", "\1\2\3", nn::ImageSize{1, 2}}}, 400, "3 bytes, but 2 x 1 pixels have 6");
  expect({{"raw", "", nn::ImageSize{0, 2}}}, 400, "2 x 0 pixels is empty");
  expect({{"raw", "", nn::ImageSize{int64_t{1} << 62, int64_t{1} << 62}}}, 413, "at most");
}

TEST_F(TakeJobs, TilesAndBytesAreCountedFromTheHeader) {
  Look look;
  look.tiles = 2;  // The whole and 2 x 1 tiles of 40 x 60 pixels
  const auto first = take({{"a.png", png_, {}}, {"b.png", png_, {}}}, look);
  EXPECT_EQ(bench_.batcher.waiting(), 2 * views_of({40, 60}, look));
  EXPECT_EQ(refusal({{"c.png", png_, {}}}, look).first, 503);
  const auto one = take({{"c.png", png_, {}}});
  const auto [status, words] = refusal({{"d.png", png_, {}}});
  EXPECT_EQ(status, 503) << "bytes";
  EXPECT_EQ(words, "the queue is full; try again");
}

TEST_F(TakeJobs, ATurnedImageCountsAsItIsLookedAt) {
  Look look;
  look.tiles = 4;
  EXPECT_EQ(views_of({40, 60}, look), views_of({60, 40}, look)) << "along the longer side either way";
}

TEST_F(TakeJobs, NobodyWaits) {
  const auto gone = test::make_flag();
  *gone = true;
  EXPECT_EQ(refusal({{"a.png", png_, {}}}, {}, {Clock::time_point::max(), gone}).first, 503);
  EXPECT_EQ(refusal({{"a.png", png_, {}}}, {}, {Clock::now(), nullptr}).first, 503);
  EXPECT_EQ(bench_.batcher.waiting(), 0);
}

/// This process may take no more than `more` bytes of memory from here on.
void limit_memory(size_t more) {
  size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  const rlim_t limit = pages * static_cast<size_t>(sysconf(_SC_PAGESIZE)) + more;
  const rlimit both{limit, limit};
  setrlimit(RLIMIT_AS, &both);
}

/// Ends the process with 4, having said what it is told of an image while there is little more memory.
[[noreturn]] void take_while_memory_is_short(const std::string& file, size_t more) {
  BatchBench bench({});
  limit_memory(more);
  try {
    take_jobs({{{"large", file, {}}}, {}}, test::named_model("m"), {}, {}, bench.batcher);
  } catch (const http::HttpError& error) {
    std::fprintf(stderr, "%d %s\n", error.status(), error.what());
  }
  std::_Exit(4);
}

class MemoryShortDeathTest : public testing::TestWithParam<const char*> {};

TEST_P(MemoryShortDeathTest, AnImageThatDoesNotFitIsToldToComeLater) {
  if (test::kSanitized) GTEST_SKIP() << "its memory is the sanitizer's";
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  // Larger than the blocks that the C library keeps.
  const auto file = test::encoded(test::filled(4000, 4000, {10, 20, 30}), GetParam());
  EXPECT_EXIT(take_while_memory_is_short(file, size_t{24} << 20), testing::ExitedWithCode(4),
              "503 the server is short of memory");
}

INSTANTIATE_TEST_SUITE_P(Formats, MemoryShortDeathTest,
                         testing::Values(".jpg", ".png", ".bmp", ".webp", ".tiff"));

TEST(MemoryShortWithinDeathTest, ADecodersOwnMemoryCountsToo) {
  if (test::kSanitized) GTEST_SKIP() << "its memory is the sanitizer's";
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  // A progressive JPEG's coefficients are twice as large as its pixels, and libjpeg's to take.
  std::vector<uint8_t> file;
  cv::imencode(".jpg", cv::Mat(4000, 4000, CV_8UC3, cv::Scalar(10, 20, 30)), file,
               {cv::IMWRITE_JPEG_PROGRESSIVE, 1});
  EXPECT_EXIT(take_while_memory_is_short({file.begin(), file.end()}, size_t{80} << 20),
              testing::ExitedWithCode(4), "503 the server is short of memory");
}

}  // namespace
}  // namespace focus::serve
