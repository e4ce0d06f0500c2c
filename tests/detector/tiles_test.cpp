#include "detector/tiles.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "images/test_images.h"
#include "models/tiny_model.h"

namespace focus::test {
namespace {

using detector::Detection;
using images::Rect;

TEST(Tiles, CoverTheImageAndShareAQuarter) {
  for (const nn::ImageSize size :
       {nn::ImageSize{3000, 4000}, {4000, 3000}, {517, 1013}, {100, 1000}, {8, 9}, {1, 1}}) {
    for (const int64_t along : {1, 2, 3, 7}) {
      const auto tiles = detector::tiles_of(size, along);
      std::vector<int> seen(static_cast<size_t>(size.height + size.width));
      int right = 0, bottom = 0;
      for (const Rect& tile : tiles) {
        ASSERT_GE(tile.x, 0);
        ASSERT_GE(tile.y, 0);
        ASSERT_LE(tile.x + tile.width, size.width);
        ASSERT_LE(tile.y + tile.height, size.height);
        ASSERT_GT(tile.width, 0);
        ASSERT_GT(tile.height, 0);
        right = std::max(right, tile.x + tile.width);
        bottom = std::max(bottom, tile.y + tile.height);
      }
      EXPECT_EQ(right, size.width);
      EXPECT_EQ(bottom, size.height);
      for (size_t i = 1; i < tiles.size(); ++i) {
        EXPECT_EQ(tiles[i].width, tiles[0].width) << "one size, one batch";
        EXPECT_EQ(tiles[i].height, tiles[0].height);
        if (tiles[i].y != tiles[i - 1].y) continue;
        const int shared = tiles[i - 1].x + tiles[i - 1].width - tiles[i].x;
        EXPECT_NEAR(shared, 0.25 * tiles[i].width, 2);
      }
    }
  }
  EXPECT_EQ(detector::tiles_of({3000, 4000}, 4).size(), 12U);
  EXPECT_EQ(detector::tiles_of({100, 1000}, 4).size(), 4U) << "a strip has one row";
  EXPECT_EQ(detector::tiles_of({3000, 4000}, 1).size(), 1U);
}

TEST(Tiles, WhatAnInnerEdgeCutsIsLeftOut) {
  const nn::ImageSize image{100, 400};
  const Rect first{0, 0, 200, 100}, middle{100, 0, 200, 100};
  const Detection at_left{0, 10, 50, 60, 0.9, 1}, at_right{150, 10, 200, 60, 0.8, 1},
      inside{20, 0, 60, 100, 0.7, 1};
  const auto in_first = detector::placed({at_left, at_right, inside}, first, image);
  ASSERT_EQ(in_first.size(), 2U) << "the image's own edges cut nothing";
  EXPECT_EQ(in_first[0].x1, 0);
  EXPECT_EQ(in_first[1].x1, 20);
  const auto in_middle = detector::placed({at_left, at_right, inside}, middle, image);
  ASSERT_EQ(in_middle.size(), 1U);
  EXPECT_EQ(in_middle[0].x1, 120);
  EXPECT_EQ(in_middle[0].x2, 160);
  EXPECT_EQ(in_middle[0].y2, 100);
  EXPECT_EQ(in_middle[0].score, 0.7);
}

TEST(Tiles, OfRepetitionsTheBestStays) {
  const Detection good{10, 10, 50, 50, 0.6, 0}, better{12, 10, 52, 50, 0.9, 0},
      other_class{10, 10, 50, 50, 0.5, 1}, part{20, 20, 30, 30, 0.4, 0}, elsewhere{45, 45, 90, 90, 0.3, 0};
  const auto kept = detector::without_repetitions({good, better, other_class, part, elsewhere});
  ASSERT_EQ(kept.size(), 3U);
  EXPECT_EQ(kept[0].score, 0.9);
  EXPECT_EQ(kept[1].label, 1);
  EXPECT_EQ(kept[2].score, 0.3);
}

TEST(Tiles, OneAlongIsTheImageAsAWhole) {
  detector::ModelInfo info;
  info.model = tiny_options();
  info.preprocess.short_side = 64;
  info.preprocess.max_side = 96;
  info.categories = {{1, "a"}, {5, "b"}, {9, "c"}};
  const detector::Detector model({info, tiny_model(info.model)});
  const auto image = noise(150, 211);
  const auto whole = model.detect(image, {}), one = detector::detect_in_tiles(model, image, {}, 1);
  ASSERT_EQ(whole.size(), one.size());
  for (size_t i = 0; i < whole.size(); ++i) EXPECT_EQ(whole[i].x1, one[i].x1);

  // Every tile's detection is one of what the model says to that part.
  const auto found = detector::detect_in_tiles(model, image, {0.0, 40}, 2);
  EXPECT_EQ(found.size(), 40U);
  std::vector<Detection> all = whole;
  for (const Rect& tile : detector::tiles_of({150, 211}, 2)) {
    const auto part = model.detect(image.region(tile), {});
    const auto moved = detector::placed(part, tile, {150, 211});
    all.insert(all.end(), moved.begin(), moved.end());
  }
  for (size_t i = 0; i < found.size(); ++i) {
    EXPECT_TRUE(std::any_of(all.begin(), all.end(), [&](const Detection& d) {
      return d.label == found[i].label && std::abs(d.score - found[i].score) < 1e-5 &&
             std::abs(d.x1 - found[i].x1) < 1e-3;
    })) << i;
    EXPECT_TRUE(0 <= found[i].x1 && found[i].x2 <= 211 && 0 <= found[i].y1 && found[i].y2 <= 150);
    EXPECT_GE(found[i == 0 ? 0 : i - 1].score, found[i].score);
  }
}

TEST(Tiles, ComeSoManyAtATimeAndCanBeStopped) {
  std::vector<size_t> calls;
  size_t most_calls = 100;
  const auto detect = [&](const std::vector<images::Image>& images) {
    if (calls.size() == most_calls) throw std::runtime_error("enough");
    calls.push_back(images.size());
    // A box in the middle of each, a little surer every time.
    std::vector<std::vector<Detection>> found;
    for (const auto& image : images) {
      const double w = image.width(), h = image.height();
      found.push_back(
          {{w / 2, h / 2, w / 2 + 2, h / 2 + 2, 0.5 + 0.01 * static_cast<double>(calls.size()), 0}});
    }
    return found;
  };
  const auto image = noise(300, 400);
  const auto found = detector::detect_in_tiles(detect, image, 3, 4, 5);
  EXPECT_EQ(calls, (std::vector<size_t>{1, 5, 5, 2})) << "the whole, then 12 tiles";
  ASSERT_EQ(found.size(), 3U) << "the best";
  EXPECT_NEAR(found[0].score, 0.54, 1e-9);

  calls.clear();
  most_calls = 2;
  EXPECT_THROW(detector::detect_in_tiles(detect, image, 3, 4, 5), std::runtime_error);
  EXPECT_EQ(calls.size(), 2U);
}

}  // namespace
}  // namespace focus::test
