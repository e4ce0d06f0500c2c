#include "data/resize.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "base/error.h"
#include "data/test_pictures.h"

namespace {

using focus::data::resize_antialiased;
using focus::data::shortest_edge_size;
using focus::nn::ImageSize;
using focus::test::noise;

// Weighted mean of a line under a triangle of the given radius, in double and written as the formula reads.
double triangle_mean(int size, int out_size, int position, const std::function<double(int)>& value) {
  const double scale = static_cast<double>(size) / out_size, radius = std::max(scale, 1.0);
  double sum = 0, weight_sum = 0;
  for (int i = 0; i < size; ++i) {
    const double weight = std::max(0.0, 1 - std::abs(i + 0.5 - (position + 0.5) * scale) / radius);
    sum += weight * value(i);
    weight_sum += weight;
  }
  return sum / weight_sum;
}

cv::Mat naive_resize(const cv::Mat& image, int height, int width) {
  cv::Mat rows(image.rows, width, CV_8UC3), out(height, width, CV_8UC3);
  for (int y = 0; y < image.rows; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) {
        rows.at<cv::Vec3b>(y, x)[c] = static_cast<uint8_t>(std::floor(
            0.5 + triangle_mean(image.cols, width, x, [&](int i) { return image.at<cv::Vec3b>(y, i)[c]; })));
      }
    }
  }
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) {
        out.at<cv::Vec3b>(y, x)[c] = static_cast<uint8_t>(std::floor(
            0.5 + triangle_mean(image.rows, height, y, [&](int i) { return rows.at<cv::Vec3b>(i, x)[c]; })));
      }
    }
  }
  return out;
}

TEST(Resize, AgreesWithTheFormulaInDouble) {
  const cv::Mat image = noise(37, 53);
  for (const auto& [height, width] :
       {std::pair{20, 20}, {74, 106}, {9, 100}, {100, 9}, {37, 11}, {5, 53}, {1, 1}}) {
    const cv::Mat expected = naive_resize(image, height, width);
    const cv::Mat resized = resize_antialiased(image, {height, width});
    ASSERT_EQ(resized.size(), expected.size());
    EXPECT_LE(cv::norm(resized, expected, cv::NORM_INF), 1) << height << " x " << width;
    cv::Mat different;
    cv::compare(resized.reshape(1), expected.reshape(1), different, cv::CMP_NE);
    EXPECT_LE(cv::countNonZero(different), static_cast<int>(expected.total() * 3 / 100))
        << "only ties may round apart";
  }
}

TEST(Resize, KnownValues) {
  // Halving: each output averages four inputs with weights 1 3 3 1, at the border 3 3 1 of them.
  const uint8_t line[] = {0, 80, 160, 240, 0, 80};
  const cv::Mat halved = resize_antialiased(cv::Mat(1, 6, CV_8UC1, const_cast<uint8_t*>(line)), {1, 3});
  EXPECT_EQ(halved.at<uint8_t>(0), (3 * 0 + 3 * 80 + 160 + 3) / 7);
  EXPECT_EQ(halved.at<uint8_t>(1), (80 + 3 * 160 + 3 * 240 + 0) / 8);
  // Doubling: a quarter and three quarters of the neighbours.
  const cv::Mat doubled = resize_antialiased(cv::Mat(1, 6, CV_8UC1, const_cast<uint8_t*>(line)), {1, 12});
  EXPECT_EQ(doubled.at<uint8_t>(0), 0);
  EXPECT_EQ(doubled.at<uint8_t>(1), 20);
  EXPECT_EQ(doubled.at<uint8_t>(2), 60);
}

TEST(Resize, ConstantStaysConstantAndSameSizeIsIdentity) {
  for (const int value : {0, 1, 127, 254, 255}) {
    const cv::Mat image(31, 17, CV_8UC3, cv::Scalar::all(value));
    for (const auto& [height, width] : {std::pair{7, 50}, {50, 7}, {3, 2}}) {
      const cv::Mat resized = resize_antialiased(image, {height, width});
      EXPECT_EQ(cv::norm(resized, cv::Mat(height, width, CV_8UC3, cv::Scalar::all(value)), cv::NORM_INF), 0);
    }
  }
  const cv::Mat image = noise(31, 17);
  EXPECT_EQ(cv::norm(resize_antialiased(image, {31, 17}), image, cv::NORM_INF), 0);
}

TEST(Resize, MirrorAndCropOfAViewCommute) {
  const cv::Mat image = noise(40, 60);
  cv::Mat flipped, flipped_back;
  cv::flip(image, flipped, 1);
  cv::flip(resize_antialiased(flipped, {23, 31}), flipped_back, 1);
  EXPECT_LE(cv::norm(resize_antialiased(image, {23, 31}), flipped_back, cv::NORM_INF), 1);
  const cv::Mat view = image(cv::Rect(5, 7, 30, 20));
  EXPECT_EQ(
      cv::norm(resize_antialiased(view, {9, 45}), resize_antialiased(view.clone(), {9, 45}), cv::NORM_INF),
      0);
}

TEST(Resize, ImpossibleSizesAreRefused) {
  const cv::Mat image = noise(4, 4);
  EXPECT_THROW(resize_antialiased(image, {0, 5}), focus::Error);
  EXPECT_THROW(resize_antialiased(image, {1 << 20, 1 << 20}), focus::Error);
  EXPECT_THROW(resize_antialiased(cv::Mat(), {4, 4}), focus::Error);
  EXPECT_THROW(resize_antialiased(cv::Mat(4, 4, CV_32FC1), {4, 4}), focus::Error);
}

TEST(ShortestEdge, SizesOfRealPictures) {
  EXPECT_EQ(shortest_edge_size({480, 640}, 800, 1333), (ImageSize{800, 1067}));
  EXPECT_EQ(shortest_edge_size({640, 480}, 800, 1333), (ImageSize{1067, 800}));
  EXPECT_EQ(shortest_edge_size({427, 640}, 800, 1333), (ImageSize{800, 1199}));
  EXPECT_EQ(shortest_edge_size({300, 600}, 800, 1333), (ImageSize{667, 1333}));  // 666.5 rounds up.
  EXPECT_EQ(shortest_edge_size({500, 500}, 800, 1333), (ImageSize{800, 800}));
  EXPECT_EQ(shortest_edge_size({1, 100000}, 800, 1333), (ImageSize{1, 1333}));
}

}  // namespace
