#include "base/box.h"

#include <gtest/gtest.h>

namespace focus {
namespace {

TEST(Box, KnowsItsCornersAndArea) {
  const auto box = Box::of_sides(10, 20, 30, 5);
  EXPECT_EQ(box.x2, 40);
  EXPECT_EQ(box.y2, 25);
  EXPECT_EQ(box.area(), 150);
}

TEST(Box, IouIsTheSharedAreaOverThatOfBoth) {
  const Box a{0, 0, 2, 2};
  EXPECT_EQ(iou(a, a), 1);
  EXPECT_EQ(iou(a, {1, 1, 3, 3}), 1.0 / 7);
  EXPECT_EQ(shared_area(a, {1, 1, 3, 3}), 1);
  EXPECT_EQ(iou(a, {0.5, 0.5, 1.5, 1.5}), 0.25) << "one within the other";
}

TEST(Box, BoxesThatOnlyTouchOrEncloseNothingShareNothing) {
  const Box a{0, 0, 2, 2};
  for (const Box& other :
       {Box{2, 0, 4, 2}, Box{0, 2, 2, 4}, Box{3, 3, 4, 4}, Box{1, 1, 1, 2}, Box{2, 2, 0, 0}}) {
    EXPECT_EQ(shared_area(a, other), 0);
    EXPECT_EQ(iou(a, other), 0);
    EXPECT_EQ(iou(other, a), 0);
  }
  EXPECT_EQ(iou(Box{}, Box{}), 0);
}

TEST(Box, AreasMayBeThoseOfStatedSides) {
  // 0.1 + 0.2 rounds, so that the corners' area is not 0.2 * 0.2.
  const auto box = Box::of_sides(0.1, 0.1, 0.2, 0.2);
  EXPECT_NE(box.area(), 0.2 * 0.2);
  const double shared = shared_area(box, box);
  EXPECT_EQ(iou(box, 0.2 * 0.2, box, 0.2 * 0.2), shared / (0.2 * 0.2 + 0.2 * 0.2 - shared));
}

}  // namespace
}  // namespace focus
