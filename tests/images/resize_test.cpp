#include "images/resize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/error.h"
#include "data/augment.h"
#include "images/test_images.h"

namespace {

using focus::images::Image;
using focus::images::resize_antialiased;
using focus::images::shortest_edge_size;
using focus::nn::ImageSize;
using focus::test::filled;
using focus::test::largest_difference;
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

Image naive_resize(const Image& image, int height, int width) {
  const auto rounded = [](double value) { return static_cast<uint8_t>(std::floor(0.5 + value)); };
  const auto rows = Image::by_rows(image.height(), width, 3, [&](int y, uint8_t* row) {
    for (int i = 0; i < 3 * width; ++i) {
      row[i] = rounded(
          triangle_mean(image.width(), width, i / 3, [&](int x) { return image.row(y)[3 * x + i % 3]; }));
    }
  });
  return Image::by_rows(height, width, 3, [&](int y, uint8_t* row) {
    for (int i = 0; i < 3 * width; ++i) {
      row[i] = rounded(triangle_mean(image.height(), height, y, [&](int from) { return rows.row(from)[i]; }));
    }
  });
}

TEST(Resize, AgreesWithTheFormulaInDouble) {
  const Image image = noise(37, 53);
  for (const auto& [height, width] :
       {std::pair{20, 20}, {74, 106}, {9, 100}, {100, 9}, {37, 11}, {5, 53}, {1, 1}}) {
    const Image expected = naive_resize(image, height, width);
    const Image resized = resize_antialiased(image, {height, width});
    EXPECT_LE(largest_difference(resized, expected), 1) << height << " x " << width;
    int different = 0;
    for (int y = 0; y < height; ++y) {
      for (int i = 0; i < 3 * width; ++i) different += resized.row(y)[i] != expected.row(y)[i];
    }
    EXPECT_LE(different, height * width * 3 / 100) << "only ties may round apart";
  }
}

TEST(Resize, KnownValues) {
  // Halving: each output averages four inputs with weights 1 3 3 1, at the border 3 3 1 of them.
  const uint8_t pixels[] = {0, 80, 160, 240, 0, 80};
  const Image line(1, 6, 1, pixels, 6, nullptr);
  const Image halved = resize_antialiased(line, {1, 3});
  EXPECT_EQ(halved.row(0)[0], (3 * 0 + 3 * 80 + 160 + 3) / 7);
  EXPECT_EQ(halved.row(0)[1], (80 + 3 * 160 + 3 * 240 + 0) / 8);
  // Doubling: a quarter and three quarters of the neighbours.
  const Image doubled = resize_antialiased(line, {1, 12});
  EXPECT_EQ(doubled.row(0)[0], 0);
  EXPECT_EQ(doubled.row(0)[1], 20);
  EXPECT_EQ(doubled.row(0)[2], 60);
}

TEST(Resize, ConstantStaysConstantAndSameSizeIsIdentity) {
  for (const uint8_t value : {0, 1, 127, 254, 255}) {
    const Image image = filled(31, 17, {value, value, value});
    for (const auto& [height, width] : {std::pair{7, 50}, {50, 7}, {3, 2}}) {
      const Image resized = resize_antialiased(image, {height, width});
      EXPECT_EQ(largest_difference(resized, filled(height, width, {value, value, value})), 0);
    }
  }
  const Image image = noise(31, 17);
  EXPECT_EQ(largest_difference(resize_antialiased(image, {31, 17}), image), 0);
}

TEST(Resize, MirrorAndCropOfAViewCommute) {
  const Image image = noise(40, 60);
  const auto mirrored = [](const Image& image) {
    return focus::data::flipped_horizontally({image, {}}).image;
  };
  const Image there_and_back = mirrored(resize_antialiased(mirrored(image), {23, 31}));
  EXPECT_LE(largest_difference(resize_antialiased(image, {23, 31}), there_and_back), 1);
  const Image view = image.region({5, 7, 30, 20});
  const Image copy = Image::by_rows(
      20, 30, 3, [&](int y, uint8_t* row) { std::copy_n(view.row(y), view.row_bytes(), row); });
  EXPECT_EQ(largest_difference(resize_antialiased(view, {9, 45}), resize_antialiased(copy, {9, 45})), 0);
}

TEST(Resize, ImpossibleSizesAreRefused) {
  const Image image = noise(4, 4);
  EXPECT_THROW(resize_antialiased(image, {0, 5}), focus::Error);
  EXPECT_THROW(resize_antialiased(image, {1 << 20, 1 << 20}), focus::Error);
  EXPECT_THROW(resize_antialiased(Image(), {4, 4}), focus::Error);
}

TEST(ShortestEdge, SizesOfRealImages) {
  EXPECT_EQ(shortest_edge_size({480, 640}, 800, 1333), (ImageSize{800, 1067}));
  EXPECT_EQ(shortest_edge_size({640, 480}, 800, 1333), (ImageSize{1067, 800}));
  EXPECT_EQ(shortest_edge_size({427, 640}, 800, 1333), (ImageSize{800, 1199}));
  EXPECT_EQ(shortest_edge_size({300, 600}, 800, 1333), (ImageSize{667, 1333}));  // 666.5 rounds up.
  EXPECT_EQ(shortest_edge_size({500, 500}, 800, 1333), (ImageSize{800, 800}));
  EXPECT_EQ(shortest_edge_size({1, 100000}, 800, 1333), (ImageSize{1, 1333}));
}

}  // namespace
