#include "viz/explanation.h"

#include <gtest/gtest.h>

namespace focus::viz {
namespace {

explain::Explanation one_object() {
  explain::Explanation explanation;
  explanation.image = {40, 80};
  explanation.levels = {{{4, 8}, 0}, {{2, 4}, 32}};
  explanation.foreground.assign(40, 0.1);
  explanation.foreground[9] = 0.9;
  explanation.layers = {{{9, 10, 33}, {9}}, {{9}, {9}}};
  explanation.detections = {{10, 10, 30, 30, 0.8, 0}};
  explanation.sampled = {{{15, 15, 0.7, 0}, {25, 25, 0.3, 1}}};
  return explanation;
}

const cv::Mat kImage(40, 80, CV_8UC3, cv::Scalar(90, 120, 150));

double distance(const cv::Mat& a, const cv::Mat& b) { return cv::norm(a, b, cv::NORM_L1); }

TEST(ExplanationViews, AreOfTheImagesSizeAndSayWhatTheyShow) {
  const auto views = explanation_views(kImage, one_object(), {{1, "cat"}}, 0);
  std::vector<std::string> captions;
  for (const auto& view : views) {
    captions.push_back(view.caption);
    EXPECT_EQ(view.image.size(), kImage.size()) << view.caption;
    EXPECT_EQ(view.image.type(), CV_8UC3);
  }
  EXPECT_EQ(captions, (std::vector<std::string>{"1 detections", "foreground, level 1 (4 x 8)",
                                                "foreground, level 2 (2 x 4)", "layer 1: 3 tokens, 8%",
                                                "layer 2: 1 tokens, 2%", "work of the encoder",
                                                "sampled for detection 1 (cat)"}));
}

TEST(ExplanationViews, ShowOnlyWhatThereIs) {
  auto explanation = one_object();
  explanation.foreground.clear();
  EXPECT_EQ(explanation_views(kImage, explanation, {{1, "cat"}}, 7).size(), 4U)
      << "no scores, no such detection";
}

TEST(ExplanationViews, ForegroundIsBrightWhereItsScoreIsHigh) {
  const auto view = explanation_views(kImage, one_object(), {{1, "cat"}}, 0)[1].image;
  const auto brightness = [&](int x, int y) {
    const auto pixel = view.at<cv::Vec3b>(y, x);
    return pixel[0] + pixel[1] + pixel[2];
  };
  EXPECT_GT(brightness(15, 15), 2 * brightness(65, 35)) << "token 9 is at row 1, column 1";
}

TEST(ExplanationViews, LayersDifferByTheirTokens) {
  const auto frames = layer_views(kImage, one_object());
  ASSERT_EQ(frames.size(), 2U);
  const cv::Rect token10(20, 10, 10, 10), nothing(60, 25, 20, 15);
  EXPECT_GT(distance(frames[0].image(token10), frames[1].image(token10)), 0);
  EXPECT_EQ(distance(frames[0].image(nothing), frames[1].image(nothing)), 0);
}

TEST(ExplanationViews, CaptionsStandAboveTheImage) {
  const View view{"hello", kImage};
  const auto result = captioned(view);
  ASSERT_GT(result.rows, kImage.rows);
  EXPECT_EQ(distance(result.rowRange(result.rows - kImage.rows, result.rows), kImage), 0);
}

}  // namespace
}  // namespace focus::viz
