#include "data/turned_boxes.h"

#include <gtest/gtest.h>

#include "images/exif_orientation.h"
#include "images/image.h"

namespace {

using namespace focus::data;

using namespace focus::images;

constexpr int kWidth = 7, kHeight = 5;

/// Black but for the box.
Image drawn(const Annotation& box) {
  return Image::by_rows(kHeight, kWidth, 1, [&](int y, uint8_t* row) {
    for (int x = 0; x < kWidth; ++x) {
      row[x] = x >= box.x && x < box.x + box.width && y >= box.y && y < box.y + box.height ? 255 : 0;
    }
  });
}

/// The bounds of what is not black.
Annotation bounds(const Image& image) {
  int left = image.width(), top = image.height(), right = 0, bottom = 0;
  for (int y = 0; y < image.height(); ++y) {
    for (int x = 0; x < image.width(); ++x) {
      if (image.row(y)[x] == 0) continue;
      left = std::min(left, x);
      top = std::min(top, y);
      right = std::max(right, x + 1);
      bottom = std::max(bottom, y + 1);
    }
  }
  return {.x = static_cast<double>(left),
          .y = static_cast<double>(top),
          .width = static_cast<double>(right - left),
          .height = static_cast<double>(bottom - top)};
}

void expect_equal(const Annotation& a, const Annotation& b) {
  EXPECT_EQ(a.x, b.x);
  EXPECT_EQ(a.y, b.y);
  EXPECT_EQ(a.width, b.width);
  EXPECT_EQ(a.height, b.height);
}

TEST(TurnedBoxes, GoWhereThePixelsGo) {
  const Annotation box{
      .id = 4, .label = 2, .x = 1, .y = 2, .width = 3, .height = 1, .area = 2.5, .crowd = true};
  const focus::nn::ImageSize stored{kHeight, kWidth};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    SCOPED_TRACE(orientation);
    const Annotation upright = upright_box(box, stored, orientation);
    expect_equal(upright, bounds(turned(drawn(box), orientation)));
    const Annotation back = stored_box(upright, stored, orientation);
    expect_equal(back, box);
    EXPECT_EQ(back.id, 4);
    EXPECT_EQ(upright.label, 2);
    EXPECT_EQ(upright.area, 2.5);
    EXPECT_TRUE(upright.crowd);
  }
}

}  // namespace
