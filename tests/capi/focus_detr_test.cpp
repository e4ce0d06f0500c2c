#include <focus_detr/focus_detr.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <focus_detr/focus_detr.hpp>  // Before OpenCV: it takes cv::Mat all the same.
#include <fstream>
#include <limits>
#include <opencv2/imgproc.hpp>
#include <regex>
#include <sstream>
#include <thread>

#include "cli/tiny_model.h"
#include "detector/detector.h"
#include "images/test_images.h"
#include "support/temporary_folder.h"

namespace focus::test {
namespace {

focus_detr_image image_of(const cv::Mat& image, focus_detr_pixel_format format = FOCUS_DETR_BGR8) {
  return {image.data, image.cols, image.rows, image.step[0], format};
}

std::vector<focus_detr_detection> values_of(focus_detr_detections* detections) {
  const auto* first = focus_detr_detections_data(detections);
  std::vector<focus_detr_detection> values(first, first + focus_detr_detections_count(detections));
  focus_detr_detections_free(detections);
  return values;
}

bool same(const std::vector<focus_detr_detection>& a, const std::vector<focus_detr_detection>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(a[0])) == 0);
}

class CInterface : public testing::Test {
 protected:
  void SetUp() override {
    write_tiny_model(model_);
    focus_detr_load_options_init(&options_);
    options_.threads = 1;
    ASSERT_EQ(focus_detr_load(model_.c_str(), &options_, &detector_), FOCUS_DETR_OK)
        << focus_detr_last_error();
  }
  void TearDown() override { focus_detr_free(detector_); }

  std::vector<focus_detr_detection> detect(const focus_detr_image& image, double threshold = 0.5,
                                           size_t most = 0) const {
    focus_detr_detections* found = nullptr;
    EXPECT_EQ(focus_detr_detect(detector_, &image, threshold, most, &found), FOCUS_DETR_OK)
        << focus_detr_last_error();
    return values_of(found);
  }
  /// The status of a call that is to fail, whose message must have these words.
  void expect_refused(const focus_detr_image& image, double threshold, const std::string& words) const {
    auto* found = reinterpret_cast<focus_detr_detections*>(1);
    EXPECT_EQ(focus_detr_detect(detector_, &image, threshold, 0, &found), FOCUS_DETR_BAD_ARGUMENT) << words;
    EXPECT_EQ(found, nullptr);
    EXPECT_NE(std::string(focus_detr_last_error()).find(words), std::string::npos) << focus_detr_last_error();
  }

  TemporaryFolder folder_;
  std::string model_ = (folder_.path() / "tiny.safetensors").string();
  focus_detr_load_options options_{};
  focus_detr_detector* detector_ = nullptr;
  const cv::Mat image_ = images::copy_of(noise(48, 64));
};

TEST_F(CInterface, FindsWhatTheLibraryFinds) {
  const auto expected = detector::Detector::load(model_).detect(images::image_of(image_), {0.5, 300});
  const auto found = detect(image_of(image_));
  ASSERT_EQ(found.size(), expected.size());
  ASSERT_FALSE(found.empty());
  for (size_t i = 0; i < found.size(); ++i) {
    EXPECT_NEAR(found[i].x1, expected[i].x1, 1e-3);
    EXPECT_NEAR(found[i].y2, expected[i].y2, 1e-3);
    EXPECT_NEAR(found[i].score, expected[i].score, 1e-6);
    EXPECT_EQ(found[i].class_index, expected[i].label);
  }
  EXPECT_EQ(detect(image_of(image_), 0.5, 3).size(), 3U);
  EXPECT_TRUE(detect(image_of(image_), 0.99).empty());
  EXPECT_EQ(focus_detr_class_count(detector_), 2U);
  EXPECT_STREQ(focus_detr_class_name(detector_, 1), "dog");
  EXPECT_EQ(focus_detr_class_id(detector_, 1), kDog);
}

TEST_F(CInterface, TakesPixelsAsTheyLie) {
  const auto expected = detect(image_of(image_));
  cv::Mat rgb, bgra, rgba, grey, grey_bgr;
  cv::cvtColor(image_, rgb, cv::COLOR_BGR2RGB);
  cv::cvtColor(image_, bgra, cv::COLOR_BGR2BGRA);
  cv::cvtColor(image_, rgba, cv::COLOR_BGR2RGBA);
  EXPECT_TRUE(same(detect(image_of(rgb, FOCUS_DETR_RGB8)), expected));
  EXPECT_TRUE(same(detect(image_of(bgra, FOCUS_DETR_BGRA8)), expected));
  EXPECT_TRUE(same(detect(image_of(rgba, FOCUS_DETR_RGBA8)), expected));
  cv::cvtColor(image_, grey, cv::COLOR_BGR2GRAY);
  cv::cvtColor(grey, grey_bgr, cv::COLOR_GRAY2BGR);
  EXPECT_TRUE(same(detect(image_of(grey, FOCUS_DETR_GRAY8)), detect(image_of(grey_bgr))));
  cv::Mat wide(48, 100, CV_8UC3, cv::Scalar::all(9));
  image_.copyTo(wide(cv::Rect(20, 0, 64, 48)));
  EXPECT_TRUE(same(detect(image_of(wide(cv::Rect(20, 0, 64, 48)))), expected)) << "rows apart";
  auto close = image_of(image_);
  close.stride = 0;
  EXPECT_TRUE(same(detect(close), expected));
}

TEST_F(CInterface, TakesImageFilesFromMemory) {
  const auto bytes = encoded(image_);
  focus_detr_detections* found = nullptr;
  ASSERT_EQ(focus_detr_detect_encoded(detector_, bytes.data(), bytes.size(), 0.5, 0, &found), FOCUS_DETR_OK);
  EXPECT_TRUE(same(values_of(found), detect(image_of(image_))));
  EXPECT_EQ(focus_detr_detect_encoded(detector_, "no image", 8, 0.5, 0, &found), FOCUS_DETR_BAD_INPUT);
  EXPECT_EQ(found, nullptr);
  EXPECT_NE(std::string(focus_detr_last_error()).find("not a JPEG"), std::string::npos);
  EXPECT_EQ(focus_detr_detect_encoded(detector_, bytes.data(), 0, 0.5, 0, &found), FOCUS_DETR_BAD_INPUT);
}

TEST_F(CInterface, SaysWhatIsWrongWithAImage) {
  auto image = image_of(image_);
  image.data = nullptr;
  expect_refused(image, 0.5, "data is NULL");
  image = image_of(image_);
  image.width = 0;
  expect_refused(image, 0.5, "0 x 48 pixels");
  image.width = std::numeric_limits<int32_t>::max();
  image.height = image.width;
  expect_refused(image, 0.5, "pixels");
  image = image_of(image_);
  image.stride = 100;
  expect_refused(image, 0.5, "a stride of 100 bytes");
  image = image_of(image_, static_cast<focus_detr_pixel_format>(17));
  expect_refused(image, 0.5, "17 is not a pixel format");
  expect_refused(image_of(image_), 1.5, "threshold");
  expect_refused(image_of(image_), std::numeric_limits<double>::quiet_NaN(), "threshold");
}

TEST_F(CInterface, NullIsNoCrash) {
  focus_detr_detections* found = nullptr;
  const auto image = image_of(image_);
  EXPECT_EQ(focus_detr_detect(nullptr, &image, 0.5, 0, &found), FOCUS_DETR_BAD_ARGUMENT);
  EXPECT_EQ(focus_detr_detect(detector_, nullptr, 0.5, 0, &found), FOCUS_DETR_BAD_ARGUMENT);
  EXPECT_EQ(focus_detr_detect(detector_, &image, 0.5, 0, nullptr), FOCUS_DETR_BAD_ARGUMENT);
  EXPECT_EQ(focus_detr_load(nullptr, nullptr, nullptr), FOCUS_DETR_BAD_ARGUMENT);
  focus_detr_free(nullptr);
  focus_detr_detections_free(nullptr);
  focus_detr_load_options_init(nullptr);
  EXPECT_EQ(focus_detr_detections_count(nullptr), 0U);
  EXPECT_EQ(focus_detr_detections_data(nullptr), nullptr);
  EXPECT_EQ(focus_detr_class_count(nullptr), 0U);
  EXPECT_EQ(focus_detr_class_name(detector_, 2), nullptr);
  EXPECT_EQ(focus_detr_class_id(detector_, 2), -1);
}

TEST_F(CInterface, TakesOptionsOfEarlierAndLaterHeaders) {
  // A later header's struct; the last field of ours stays a pointer.
  struct Later {
    focus_detr_load_options known;
    int64_t more[3] = {0, 0, 0};
  } later{options_};
  const auto load_with = [&](size_t size) {
    later.known.struct_size = size;
    focus_detr_detector* other = nullptr;
    const auto status = focus_detr_load(model_.c_str(), &later.known, &other);
    focus_detr_free(other);
    return status;
  };
  later.known.device = "not looked at by whoever does not know it";
  later.known.keep_ratio = 17;
  EXPECT_EQ(load_with(offsetof(focus_detr_load_options, keep_ratio)), FOCUS_DETR_OK)
      << focus_detr_last_error();
  later.known.keep_ratio = 0;
  EXPECT_EQ(load_with(offsetof(focus_detr_load_options, device)), FOCUS_DETR_OK) << focus_detr_last_error();
  EXPECT_EQ(load_with(sizeof(focus_detr_load_options)), FOCUS_DETR_BAD_ARGUMENT);
  later.known.device = "cpu";
  EXPECT_EQ(load_with(sizeof(Later)), FOCUS_DETR_OK) << focus_detr_last_error();
  later.more[1] = 1;
  EXPECT_EQ(load_with(sizeof(Later)), FOCUS_DETR_BAD_ARGUMENT);
  EXPECT_NE(std::string(focus_detr_last_error()).find("later version"), std::string::npos)
      << focus_detr_last_error();
  for (const size_t size :
       {size_t{0}, size_t{3}, offsetof(focus_detr_load_options, device) + 1, size_t{1} << 40}) {
    EXPECT_EQ(load_with(size), FOCUS_DETR_BAD_ARGUMENT) << size;
    EXPECT_NE(std::string(focus_detr_last_error()).find("focus_detr_load_options_init"), std::string::npos);
  }
}

TEST_F(CInterface, KnowsThePrecisionsItsHeaderNames) {
  std::ifstream file(FOCUS_DETR_SOURCE_DIR "/include/focus_detr/focus_detr.h");
  std::stringstream header;
  header << file.rdbuf();
  const auto text = header.str();
  const auto begin = text.find("const char* precision;"), end = text.find('\n', begin);
  ASSERT_NE(begin, std::string::npos);
  const auto line = text.substr(begin, end - begin);
  const std::regex quoted("\"([^\"]*)\"");
  int named = 0;
  for (std::sregex_iterator name(line.begin(), line.end(), quoted), none; name != none; ++name, ++named) {
    auto options = options_;
    const auto precision = (*name)[1].str();
    options.precision = precision.c_str();
    focus_detr_detector* other = nullptr;
    // This CPU or model may lack one; the library does not.
    if (focus_detr_load(model_.c_str(), &options, &other) != FOCUS_DETR_OK) {
      EXPECT_EQ(std::string(focus_detr_last_error()).find("there is no precision"), std::string::npos)
          << focus_detr_last_error();
    }
    focus_detr_free(other);
  }
  EXPECT_EQ(named, 3);
}

TEST_F(CInterface, SaysWhatIsWrongWithAModel) {
  focus_detr_detector* other = detector_;
  EXPECT_EQ(focus_detr_load("missing.safetensors", nullptr, &other), FOCUS_DETR_BAD_INPUT);
  EXPECT_EQ(other, nullptr);
  EXPECT_NE(std::string(focus_detr_last_error()).find("missing.safetensors"), std::string::npos);
  const auto refused = [&](const focus_detr_load_options& options, const std::string& words) {
    EXPECT_EQ(focus_detr_load(model_.c_str(), &options, &other), FOCUS_DETR_BAD_ARGUMENT) << words;
    EXPECT_NE(std::string(focus_detr_last_error()).find(words), std::string::npos) << focus_detr_last_error();
  };
  auto options = options_;
  options.struct_size = 0;
  refused(options, "focus_detr_load_options_init");
  options = options_;
  options.precision = "fp8";
  refused(options, "fp8");
  options = options_;
  options.device = "gpu";
  refused(options, "device 'gpu' is not known");
  options.device = nullptr;
  refused(options, "device is NULL");
  options = options_;
  options.keep_ratio = 2;
  refused(options, "keep_ratio");
  options = options_;
  options.threads = -1;
  refused(options, "threads");
}

TEST_F(CInterface, TheKeepRatioIsTheDetectorsOwn) {
  auto options = options_;
  options.keep_ratio = 0.01;
  focus_detr_detector* hasty = nullptr;
  ASSERT_EQ(focus_detr_load(model_.c_str(), &options, &hasty), FOCUS_DETR_OK) << focus_detr_last_error();
  focus_detr_detections* found = nullptr;
  const auto image = image_of(image_);
  ASSERT_EQ(focus_detr_detect(hasty, &image, 0, 0, &found), FOCUS_DETR_OK);
  EXPECT_FALSE(same(values_of(found), detect(image, 0)));
  focus_detr_free(hasty);
}

TEST_F(CInterface, AnErrorIsItsThreadsOwn) {
  focus_detr_detect(detector_, nullptr, 0, 0, nullptr);
  const std::string here = focus_detr_last_error();
  std::string there = "unset";
  std::thread([&] { there = focus_detr_last_error(); }).join();
  EXPECT_NE(here, "");
  EXPECT_EQ(there, "");
}

TEST_F(CInterface, EightThreadsShareADetector) {
  std::vector<cv::Mat> images;
  std::vector<std::vector<focus_detr_detection>> expected;
  for (uint64_t i = 0; i < 4; ++i) {
    images.push_back(
        images::copy_of(noise(40 + static_cast<int>(i) * 8, 64, i + 1)));  // Each of another size.
    expected.push_back(detect(image_of(images.back()), 0));
  }
  std::atomic<int> right{0};
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (size_t i = 0; i < 6; ++i) {
        const size_t which = (t + i) % images.size();
        right += same(detect(image_of(images[which]), 0), expected[which]);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(right, 48);
}

TEST_F(CInterface, TheCoverForCppSaysTheSame) {
  LoadOptions options;
  options.threads = 1;
  const auto cover = focus::Detector::load(model_, options);
  const auto expected = detect(image_of(image_), 0.3);
  const auto found = cover.detect(image_);
  ASSERT_EQ(found.size(), expected.size());
  EXPECT_EQ(found[0].name, "cat");
  EXPECT_EQ(found[0].x1, expected[0].x1);
  EXPECT_EQ(cover.detect(image_, 0.3, 2).size(), 2U);
  EXPECT_EQ(cover.class_count(), 2U);
  EXPECT_EQ(cover.class_name(7), "");
  try {
    cover.detect(cv::Mat(4, 4, CV_32FC3));
    FAIL();
  } catch (const DetectorError& error) {
    EXPECT_EQ(error.status(), FOCUS_DETR_BAD_ARGUMENT);
  }
  EXPECT_THROW(focus::Detector::load("missing"), DetectorError);
  auto moved = focus::Detector::load(model_, options);
  const auto target = std::move(moved);
  EXPECT_EQ(target.detect(image_).size(), expected.size());
}

}  // namespace
}  // namespace focus::test
