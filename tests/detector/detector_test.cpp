#include "detector/detector.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "images/test_images.h"
#include "models/tiny_model.h"

namespace focus::test {
namespace {

using detector::Detection;
using detector::Detector;

Detector tiny_detector() {
  detector::ModelInfo info;
  info.model = tiny_options();
  info.preprocess.short_side = 64;
  info.preprocess.max_side = 96;
  info.categories = {{1, "a"}, {5, "b"}, {9, "c"}};
  return Detector({info, tiny_model(info.model)});
}

bool same(const Detection& a, const Detection& b) {
  return a.x1 == b.x1 && a.y1 == b.y1 && a.x2 == b.x2 && a.y2 == b.y2 && a.score == b.score &&
         a.label == b.label;
}

void expect_same(const std::vector<Detection>& found, const std::vector<Detection>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) EXPECT_TRUE(same(found[i], expected[i])) << "detection " << i;
}

TEST(Detector, BoxesAreInsideTheImageAndBestComesFirst) {
  const auto detector = tiny_detector();
  const auto image = noise(150, 211);
  const auto found = detector.detect(image, {});
  ASSERT_EQ(found.size(), 60U) << "20 queries of 3 classes";
  double widest = 0;
  for (size_t i = 0; i < found.size(); ++i) {
    const auto& d = found[i];
    EXPECT_TRUE(0 <= d.x1 && d.x1 <= d.x2 && d.x2 <= 211) << d.x1 << " " << d.x2;
    EXPECT_TRUE(0 <= d.y1 && d.y1 <= d.y2 && d.y2 <= 150) << d.y1 << " " << d.y2;
    EXPECT_TRUE(0 < d.score && d.score < 1) << d.score;
    EXPECT_TRUE(0 <= d.label && d.label < 3) << d.label;
    EXPECT_GE(found[i == 0 ? 0 : i - 1].score, d.score);
    widest = std::max(widest, d.x2);
  }
  EXPECT_GT(widest, 96) << "pixels of the image as given, not of what the model sees";
}

TEST(Detector, ThresholdAndLimitCutTheListShort) {
  const auto detector = tiny_detector();
  const auto image = noise(90, 120);
  const auto all = detector.detect(image, {});
  ASSERT_GT(all.size(), 10U);

  const double threshold = all[all.size() / 2].score;
  const auto good = detector.detect(image, {.threshold = threshold});
  ASSERT_FALSE(good.empty());
  ASSERT_LT(good.size(), all.size());
  EXPECT_GE(good.back().score, threshold);
  EXPECT_LT(all[good.size()].score, threshold);
  expect_same(good, {all.begin(), all.begin() + static_cast<int64_t>(good.size())});
  EXPECT_TRUE(detector.detect(image, {.threshold = 1.1}).empty());

  const auto few = detector.detect(image, {.max_detections = 7});
  expect_same(few, {all.begin(), all.begin() + 7});
}

TEST(Detector, TheModelsOwnLimitHolds) {
  auto info = tiny_detector().info();
  info.model.max_detections = 5;
  const Detector detector({info, tiny_model(info.model)});
  EXPECT_EQ(detector.detect(noise(90, 120), {.max_detections = 1000}).size(), 5U);
}

TEST(Detector, AImagesResultDoesNotDependOnTheCompany) {
  const auto detector = tiny_detector();
  const std::vector<images::Image> images{noise(90, 120, 1), noise(130, 80, 2), noise(64, 64, 3),
                                          noise(200, 90, 4)};
  const auto together = detector.detect(images, {});
  ASSERT_EQ(together.size(), images.size());
  for (size_t i = 0; i < images.size(); ++i) {
    SCOPED_TRACE(i);
    expect_same(together[i], detector.detect(images[i], {}));
  }
  EXPECT_FALSE(same(together[0][0], together[1][0]));
}

TEST(Detector, ImagesOfOneSizeShareABatchInAnyOrder) {
  const auto detector = tiny_detector();
  // The first and the last reach the same size from different ones.
  const std::vector<images::Image> images{noise(64, 80, 1), noise(70, 70, 2), noise(64, 80, 3),
                                          noise(128, 160, 4)};
  const auto together = detector.detect(images, {});
  for (size_t i = 0; i < images.size(); ++i) {
    SCOPED_TRACE(i);
    const auto alone = detector.detect(images[i], {});
    ASSERT_EQ(together[i].size(), alone.size());
    for (size_t k = 0; k < 5; ++k) {
      EXPECT_NEAR(together[i][k].score, alone[k].score, 1e-4);
      EXPECT_NEAR(together[i][k].x1, alone[k].x1, 0.05);
      EXPECT_NEAR(together[i][k].y2, alone[k].y2, 0.05);
      EXPECT_EQ(together[i][k].label, alone[k].label);
    }
  }
}

TEST(Detector, NoImagesNoResults) {
  EXPECT_TRUE(tiny_detector().detect(std::vector<images::Image>{}, {}).empty());
}

TEST(Detector, ImagesOfAnotherKindAreRefusedByIndex) {
  const auto detector = tiny_detector();
  const auto message_of = [&](const images::Image& bad) -> std::string {
    try {
      detector.detect(std::vector<images::Image>{noise(64, 64), bad}, {});
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  for (const auto& bad : {images::Image(), filled(64, 64, {0}), filled(64, 64, {0, 0, 0, 0})}) {
    EXPECT_NE(message_of(bad).find("image 1 "), std::string::npos) << bad.channels();
  }
}

TEST(Detector, WorksWhateverModeTheModelCameIn) {
  const auto info = tiny_detector().info();
  const auto model = tiny_model(info.model);
  model->train();
  const Detector detector({info, model});
  EXPECT_FALSE(model->is_training());
  expect_same(detector.detect(noise(64, 80), {}), tiny_detector().detect(noise(64, 80), {}));
}

}  // namespace
}  // namespace focus::test
