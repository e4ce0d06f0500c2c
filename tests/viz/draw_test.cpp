#include "viz/draw.h"

#include <gtest/gtest.h>

#include <limits>
#include <opencv2/imgproc.hpp>

#include "base/error.h"

namespace {

using focus::viz::DrawnBox;

cv::Mat grey(int width, int height) { return {height, width, CV_8UC3, cv::Scalar::all(128)}; }

/// The smallest rectangle around all pixels that are no longer grey.
cv::Rect changed(const cv::Mat& image) {
  cv::Mat difference, flat;
  cv::absdiff(image, cv::Scalar::all(128), difference);
  cv::transform(difference, flat, cv::Matx13f(1, 1, 1));
  return cv::boundingRect(flat > 0);
}

cv::Vec3b at(const cv::Mat& image, int x, int y) { return image.at<cv::Vec3b>(y, x); }

TEST(Draw, AFrameChangesItsBorderAndNothingElse) {
  cv::Mat image = grey(320, 240);
  focus::viz::draw_boxes(image, std::vector<DrawnBox>{{50, 60, 150, 200, "star", 0.9, 1}}, {.labels = false});
  EXPECT_EQ(changed(image), cv::Rect(50, 60, 100, 140));
  EXPECT_EQ(at(image, 100, 130), cv::Vec3b::all(128)) << "the inside stays as it was";
  const cv::Scalar colour = focus::viz::class_colour(1);
  const cv::Vec3b drawn = at(image, 50, 130);
  for (int channel = 0; channel < 3; ++channel) EXPECT_NEAR(drawn[channel], colour[channel], 3);
}

TEST(Draw, LinesGrowWithTheImage) {
  const auto width_of_line = [](int side) {
    cv::Mat image = grey(side, side);
    const double low = side * 0.25, high = side * 0.75;
    focus::viz::draw_boxes(image, std::vector<DrawnBox>{{low, low, high, high, "", 1, 0}}, {.labels = false});
    return changed(image(cv::Rect(0, side / 2, side / 2, 1))).width;
  };
  EXPECT_GT(width_of_line(2000), 3 * width_of_line(300));
  EXPECT_GE(width_of_line(60), 1);
}

TEST(Draw, DashedFramesHaveGaps) {
  const auto drawn_share = [](bool dashed) {
    cv::Mat image = grey(320, 240);
    focus::viz::draw_boxes(image, std::vector<DrawnBox>{{20, 20, 300, 220, "", 1, 2}},
                           {.dashed = dashed, .labels = false});
    int drawn = 0;
    for (int x = 20; x < 300; ++x) drawn += at(image, x, 20) == cv::Vec3b::all(128) ? 0 : 1;
    return drawn / 280.0;
  };
  EXPECT_GT(drawn_share(false), 0.97);
  EXPECT_NEAR(drawn_share(true), 0.55, 0.2);
}

TEST(Draw, ALabelStandsAboveItsBoxInsideTheImage) {
  cv::Mat image = grey(320, 240);
  focus::viz::draw_boxes(image, std::vector<DrawnBox>{{100, 100, 250, 200, "mug", 0.5, 3}});
  const cv::Rect area = changed(image);
  EXPECT_LT(area.y, 95);
  EXPECT_GT(area.y, 75);
  EXPECT_EQ(area.br(), cv::Point(250, 200));

  cv::Mat without_score = grey(320, 240), ground_truth = grey(320, 240);
  const std::vector<DrawnBox> narrow{{100, 100, 104, 104, "mug", 0.5, 3}};
  focus::viz::draw_boxes(without_score, narrow, {.scores = false});
  cv::Mat with_score = grey(320, 240);
  focus::viz::draw_boxes(with_score, narrow);
  EXPECT_LT(changed(without_score).width, changed(with_score).width);
}

TEST(Draw, LabelsAvoidEachOther) {
  const std::vector<DrawnBox> one{{100, 100, 200, 200, "mug", 0.9, 0}};
  std::vector<DrawnBox> two = one;
  two.push_back({100, 100, 200, 200, "mug", 0.8, 0});
  cv::Mat single = grey(320, 240), both = grey(320, 240);
  focus::viz::draw_boxes(single, one);
  focus::viz::draw_boxes(both, two);
  EXPECT_EQ(changed(single).br().y, 200);
  EXPECT_GT(changed(both).br().y, 205) << "the second label moved below its box";
}

TEST(Draw, EdgesTinyImagesAndOddBoxesAreHarmless) {
  const double infinite = std::numeric_limits<double>::infinity();
  const std::vector<DrawnBox> boxes{{-50, -50, 20, 20, "a long label at the corner", 1, 0},
                                    {310, 230, 400, 300, "beyond the corner", 0.4, 1},
                                    {0, 0, 320, 240, "everything", 0.2, 2},
                                    {1e300, 0, 1e301, 10, "far away", 0.2, -1},
                                    {10, 10, 10, 10, "no area", 0.3, 4},
                                    {std::nan(""), 0, 5, 5, "no number", 0.3, 5},
                                    {0, 0, infinite, 5, "endless", 0.3, 6},
                                    {5, 5, 9, 9, "", std::nan(""), std::numeric_limits<int64_t>::min()}};
  for (const auto& size : {cv::Size(320, 240), cv::Size(12, 9), cv::Size(1, 1), cv::Size(2000, 3)}) {
    cv::Mat image = grey(size.width, size.height);
    EXPECT_NO_THROW(focus::viz::draw_boxes(image, boxes)) << size;
    EXPECT_NO_THROW(focus::viz::draw_boxes(image, boxes, focus::viz::kGroundTruthStyle)) << size;
  }
  cv::Mat untouched = grey(320, 240);
  focus::viz::draw_boxes(untouched, std::span(boxes).subspan(3, 3));
  EXPECT_TRUE(changed(untouched).empty());
  cv::Mat wrong(10, 10, CV_8U);
  EXPECT_THROW(focus::viz::draw_boxes(wrong, boxes), focus::Error);
}

TEST(Draw, ColoursAreStableAndApart) {
  EXPECT_EQ(focus::viz::class_colour(7), focus::viz::class_colour(7));
  for (int64_t a = 0; a < 16; ++a) {
    for (int64_t b = 0; b < a; ++b) {
      EXPECT_GT(cv::norm(focus::viz::class_colour(a) - focus::viz::class_colour(b)), 40) << a << " and " << b;
    }
  }
}

TEST(ContactSheet, ImagesKeepTheirShapeInAGrid) {
  const std::vector<cv::Mat> images{grey(200, 100), grey(100, 200), grey(30, 30)};
  const cv::Mat sheet = focus::viz::contact_sheet(images, 2, {100, 100}, 10);
  EXPECT_EQ(sheet.size(), cv::Size(230, 230));
  EXPECT_EQ(at(sheet, 60, 60), cv::Vec3b::all(128));
  EXPECT_EQ(at(sheet, 60, 20), cv::Vec3b::all(255)) << "above the wide image";
  EXPECT_EQ(at(sheet, 125, 60), cv::Vec3b::all(255)) << "beside the tall image";
  EXPECT_EQ(at(sheet, 60, 130), cv::Vec3b::all(128)) << "the small one is enlarged";
  EXPECT_EQ(at(sheet, 180, 180), cv::Vec3b::all(255)) << "the fourth cell is empty";
  EXPECT_THROW(focus::viz::contact_sheet({}, 2, {100, 100}), focus::Error);
  EXPECT_THROW(focus::viz::contact_sheet(images, 0, {100, 100}), focus::Error);
  EXPECT_THROW(focus::viz::contact_sheet(std::vector<cv::Mat>{cv::Mat()}, 1, {100, 100}), focus::Error);
}

}  // namespace
