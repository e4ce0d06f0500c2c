#include <gtest/gtest.h>

#include <numeric>

#include "base/error.h"
#include "explain/explanation_json.h"
#include "images/test_images.h"
#include "models/tiny_model.h"
#include "support/stand_in_device.h"

namespace focus::test {
namespace {

using explain::Explanation;

/// Two levels of 2 x 4 and 1 x 2 tokens over an image of 80 x 40 pixels.
Explanation two_levels() {
  Explanation explanation;
  explanation.image = {40, 80};
  explanation.levels = {{{2, 4}, 0}, {{1, 2}, 8}};
  return explanation;
}

Explanation explained(models::DetectorOptions options, double threshold = 0) {
  const auto model = focus::test::tiny_detector(options);
  return explain::explain(*model, images::Preprocess({64, 96}), noise(64, 96), {threshold, 5});
}

TEST(Explanation, TokensLieOverTheImage) {
  const auto explanation = two_levels();
  EXPECT_EQ(explanation.tokens(), 10);
  EXPECT_EQ(explanation.level_of(7), 0);
  EXPECT_EQ(explanation.level_of(8), 1);
  const auto fine = explanation.region_of(5), coarse = explanation.region_of(9);
  EXPECT_EQ(fine.x1, 20);
  EXPECT_EQ(fine.y1, 20);
  EXPECT_EQ(fine.x2, 40);
  EXPECT_EQ(fine.y2, 40);
  EXPECT_EQ(coarse.x1, 40);
  EXPECT_EQ(coarse.x2, 80);
  EXPECT_EQ(coarse.y2, 40);
}

TEST(Explanation, WorkLiesWhereItsTokensDo) {
  auto explanation = two_levels();
  explanation.layers = {{{0, 9}, {}}, {{0}, {}}};
  const auto map = explain::work_map(explanation);
  ASSERT_EQ(map.size(), 8U);
  EXPECT_DOUBLE_EQ(map[0], 2.0 / 3) << "updated by both layers";
  EXPECT_EQ(map[1], 0);
  for (const size_t place : {2, 3, 6, 7})
    EXPECT_DOUBLE_EQ(map[place], 1.0 / 12) << "a quarter of the coarse token";
}

TEST(Explanation, WorkAddsUpToOneForAnyShapes) {
  for (const int64_t height : {1, 3, 5}) {
    Explanation explanation;
    explanation.image = {100, 100};
    explanation.levels = {{{7, 5}, 0}, {{height, 3}, 35}};
    std::vector<int64_t> all(static_cast<size_t>(explanation.tokens()));
    std::iota(all.begin(), all.end(), int64_t{0});
    explanation.layers = {{all, {}}};
    const auto map = explain::work_map(explanation);
    EXPECT_NEAR(std::accumulate(map.begin(), map.end(), 0.0), 1, 1e-12);
    for (const double value : map) EXPECT_GT(value, 0);
  }
}

TEST(Explanation, ATokenIsInsideWhereItsCentreIs) {
  const auto explanation = two_levels();
  EXPECT_EQ(explain::share_inside(explanation, {0, 1, 8, 9}, {{0, 0, 25, 25}}), 0.5) << "0 and 8";
  EXPECT_EQ(explain::share_inside(explanation, {0, 1}, {}), 0);
  EXPECT_EQ(explain::share_inside(explanation, {}, {{0, 0, 9, 9}}), 0);
}

TEST(Explanation, FocusDetrKeepsFewerTokensLayerByLayer) {
  const auto found = explained(tiny_options());
  ASSERT_EQ(found.levels.size(), 4U);
  EXPECT_EQ(found.levels[0].size.height, 8);
  EXPECT_EQ(found.levels[0].size.width, 12);
  EXPECT_EQ(found.foreground.size(), static_cast<size_t>(found.tokens()));
  ASSERT_EQ(found.layers.size(), 2U);
  EXPECT_LT(found.layers[1].updated.size(), found.layers[0].updated.size());
  EXPECT_FALSE(found.layers[0].fine_grained.empty());
  for (const int64_t token : found.layers[1].fine_grained) {
    EXPECT_NE(std::find(found.layers[1].updated.begin(), found.layers[1].updated.end(), token),
              found.layers[1].updated.end());
  }
  for (const double score : found.foreground) EXPECT_TRUE(score >= 0 && score <= 1);
}

TEST(Explanation, WhatAHeadTookAddsUp) {
  const auto options = tiny_options();
  const auto found = explained(options);
  ASSERT_EQ(found.detections.size(), 5U);
  ASSERT_EQ(found.sampled.size(), 5U);
  const auto& t = options.transformer;
  for (const auto& points : found.sampled) {
    ASSERT_EQ(points.size(), static_cast<size_t>(t.heads * t.levels * t.points));
    double sum = 0;
    for (const auto& point : points) sum += point.weight;
    EXPECT_NEAR(sum, static_cast<double>(t.heads), 1e-4);
    EXPECT_EQ(points.back().level, t.levels - 1);
  }
}

TEST(Explanation, RelativesAreExplainedAsFarAsTheyChoose) {
  auto options = tiny_options();
  options.architecture = "sparse-dino";
  const auto sparse = explained(options);
  EXPECT_EQ(sparse.layers[0].updated, sparse.layers[1].updated) << "chosen once";
  EXPECT_TRUE(sparse.layers[0].fine_grained.empty());
  options.architecture = "dino";
  const auto dino = explained(options);
  EXPECT_TRUE(dino.foreground.empty());
  EXPECT_EQ(dino.layers[1].updated.size(), static_cast<size_t>(dino.tokens()));
  EXPECT_FALSE(dino.sampled.front().empty());
  options.architecture = "detr";
  EXPECT_THROW(explained(options), UsageError);
}

TEST(Explanation, IsTheSameOnAnotherDevice) {
  const auto options = tiny_options();
  const auto here = explained(options);
  const auto model = focus::test::tiny_detector(options);
  model->move_to(stand_in_device());
  const auto there = explain::explain(*model, images::Preprocess({64, 96}), noise(64, 96), {0, 5});
  ASSERT_EQ(there.layers.size(), here.layers.size());
  for (size_t l = 0; l < here.layers.size(); ++l) EXPECT_EQ(there.layers[l].updated, here.layers[l].updated);
  ASSERT_EQ(there.sampled.size(), here.sampled.size());
  EXPECT_NEAR(there.sampled.at(0).at(0).x, here.sampled.at(0).at(0).x, 0.05);
}

TEST(Explanation, AsJson) {
  const auto found = explained(tiny_options());
  const auto json = to_json(found, {{1, "a"}, {5, "b"}, {9, "c"}});
  EXPECT_EQ(json["levels"].size(), 4U);
  EXPECT_EQ(json["levels"][1]["foreground"].size(), 4U);
  EXPECT_EQ(json["levels"][1]["foreground"][0].size(), 6U);
  EXPECT_EQ(json["layers"][0]["updated"].size(), found.layers[0].updated.size());
  EXPECT_EQ(json["detections"].size(), 5U);
  EXPECT_EQ(json["detections"][0]["sampled"].size(), found.sampled[0].size());
  EXPECT_EQ(json["work"]["values"].size(), 8U);
}

}  // namespace
}  // namespace focus::test
