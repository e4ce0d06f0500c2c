#include "eval/confusion.h"

#include <gtest/gtest.h>

namespace focus::eval {
namespace {

data::Annotation truth(double x, int64_t label, bool crowd = false, double width = 10) {
  data::Annotation box;
  box.x = x;
  box.y = 0;
  box.width = width;
  box.height = 10;
  box.label = label;
  box.crowd = crowd;
  return box;
}

data::AnnotationStore two_images(const std::vector<std::vector<data::Annotation>>& boxes) {
  return {{{3, "cat"}, {5, "dog"}}, {{7, "a.png", {100, 100}}, {8, "b.png", {100, 100}}}, boxes, ""};
}

BoxDetection answer(int64_t image, int64_t category, double x, double score = 0.9) {
  return {image, category, x, 0, 10, 10, score};
}

TEST(Confusion, BoxesAreFoundMistakenMissedOrInvented) {
  const auto store = two_images({{truth(0, 0), truth(20, 0), truth(40, 1)}, {}});
  const auto result = confusion_of(
      store, std::vector{answer(7, 3, 1), answer(7, 5, 20), answer(8, 5, 50), answer(7, 3, 70, 0.2)}, 0.3);
  EXPECT_EQ(result.at(0, 0), 1);
  EXPECT_EQ(result.at(0, 1), 1) << "a cat taken for a dog";
  EXPECT_EQ(result.at(1, 2), 1) << "a dog missed";
  EXPECT_EQ(result.at(2, 1), 1) << "a dog from nothing";
  EXPECT_EQ(result.at(2, 0), 0) << "below the threshold";
  ASSERT_EQ(result.images.size(), 2U);
  EXPECT_EQ(result.images[0].found, 1);
  EXPECT_EQ(result.images[0].mistaken, 1);
  EXPECT_EQ(result.images[0].false_negatives, 1);
  EXPECT_EQ(result.images[0].errors(), 2);
  EXPECT_EQ(result.images[1].false_positives, 1);
}

TEST(Confusion, TheClosestArePairedAndOfEquallyCloseTheRightClass) {
  const auto store = two_images({{truth(0, 0)}, {truth(0, 1)}});
  const auto result = confusion_of(
      store, std::vector{answer(7, 3, 3, 0.99), answer(7, 5, 1), answer(8, 3, 0), answer(8, 5, 0)}, 0.3);
  EXPECT_EQ(result.at(0, 1), 1) << "the nearer one, though its class is wrong and its score lower";
  EXPECT_EQ(result.at(1, 1), 1);
  EXPECT_EQ(result.at(2, 0), 2);
}

TEST(Confusion, HalfAnOverlapIsNeeded) {
  const auto store = two_images({{truth(0, 0)}, {}});
  // 10 wide boxes a third of that apart overlap by 1/2 of their union.
  EXPECT_EQ(confusion_of(store, std::vector{answer(7, 3, 10.0 / 3 - 0.01)}, 0).at(0, 0), 1);
  EXPECT_EQ(confusion_of(store, std::vector{answer(7, 3, 10.0 / 3 + 0.01)}, 0).at(0, 0), 0);
}

TEST(Confusion, WhatLiesInACrowdIsNeitherRightNorWrong) {
  const auto store = two_images({{truth(0, 0, true, 50)}, {}});
  const auto result =
      confusion_of(store, std::vector{answer(7, 3, 10), answer(7, 3, 46), answer(7, 3, 44)}, 0);
  EXPECT_EQ(result.at(2, 0), 1) << "of the last but one most lies outside";
  EXPECT_EQ(result.at(0, 2), 0) << "crowds are not missed";
}

TEST(Confusion, UnknownImagesAndCategoriesDoNotCount) {
  const auto store = two_images({{}, {}});
  const auto result = confusion_of(store, std::vector{answer(99, 3, 0), answer(7, 99, 0)}, 0);
  for (const int64_t count : result.counts) EXPECT_EQ(count, 0);
}

}  // namespace
}  // namespace focus::eval
