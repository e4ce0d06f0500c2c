#include "images/image.h"

#include <gtest/gtest.h>

#include <numeric>

#include "base/error.h"
#include "images/test_images.h"

namespace focus::test {
namespace {

using images::Image;

/// Values that count up.
Image counting(int height, int width) {
  return Image::by_rows(height, width, 3, [&](int y, uint8_t* row) {
    std::iota(row, row + 3 * width, static_cast<uint8_t>(y * 3 * width));
  });
}

TEST(Image, RowsAreAsTheyWereWritten) {
  const Image image = counting(4, 5);
  EXPECT_EQ(image.height(), 4);
  EXPECT_EQ(image.width(), 5);
  EXPECT_EQ(image.channels(), 3);
  EXPECT_EQ(image.bytes(), 60U);
  EXPECT_EQ(image.row(3)[14], 59);
  EXPECT_TRUE(is_bgr(image));
  EXPECT_TRUE(Image().empty());
  EXPECT_FALSE(is_bgr(Image()));
  EXPECT_FALSE(is_bgr(filled(2, 2, {1, 2, 3, 4})));
}

TEST(Image, CopiesAndRegionsShareThePixels) {
  Image part;
  const uint8_t* there = nullptr;
  {
    const Image image = counting(4, 5);
    const Image copy = image;  // NOLINT(performance-unnecessary-copy-initialization)
    EXPECT_EQ(copy.row(0), image.row(0));
    part = image.region({1, 2, 3, 2});
    there = image.row(2) + 3;
  }
  EXPECT_EQ(part.row(0), there) << "it keeps them alive, too";
  EXPECT_EQ(images::size_of(part), (nn::ImageSize{2, 3}));
  EXPECT_EQ(part.row(1)[8], 3 * (3 * 5 + 3) + 2);
  std::vector<uint8_t> close(part.bytes());
  copy_pixels(part, close.data());
  EXPECT_EQ(close[9], part.row(1)[0]);
  EXPECT_EQ(images::size_of(part.region({0, 0, 3, 2})), images::size_of(part));
}

TEST(Image, RegionsOutsideAreRefused) {
  const Image image = counting(4, 5);
  for (const auto& [x, y, width, height] : {std::array{-1, 0, 2, 2},
                                            {0, -1, 2, 2},
                                            {4, 0, 2, 1},
                                            {0, 3, 1, 2},
                                            {0, 0, 0, 1},
                                            {0, 0, 1, 0},
                                            {1, 0, 2147483647, 1}}) {
    EXPECT_THROW(image.region({x, y, width, height}), Error)
        << x << ", " << y << ", " << width << " x " << height;
  }
}

TEST(Image, NoiseIsTheSameForTheSameSeed) {
  EXPECT_EQ(largest_difference(noise(7, 9, 3), noise(7, 9, 3)), 0);
  EXPECT_GT(largest_difference(noise(7, 9, 3), noise(7, 9, 4)), 100);
}

}  // namespace
}  // namespace focus::test
