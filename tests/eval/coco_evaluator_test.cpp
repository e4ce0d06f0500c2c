#include "eval/coco_evaluator.h"

#include <gtest/gtest.h>

#include <fstream>
#include <limits>

#include "base/error.h"
#include "eval/results_json.h"
#include "support/shared_data.h"

namespace {

using focus::data::Annotation;
using focus::data::AnnotationStore;
using focus::eval::BoxDetection;
using focus::eval::CocoMetrics;
using focus::eval::evaluate;

/// Square boxes of 10 pixels in a row, 20 apart: small ones, in images 7, 8, ... of categories 3 (label 0)
/// and 5.
Annotation box_at(int place, int64_t label = 0, bool crowd = false) {
  return {.id = place + 1,
          .label = label,
          .x = place * 20.0,
          .y = 0,
          .width = 10,
          .height = 10,
          .area = 100,
          .crowd = crowd};
}

AnnotationStore store_of(const std::vector<std::vector<Annotation>>& boxes) {
  std::vector<focus::data::ImageRecord> images;
  for (size_t i = 0; i < boxes.size(); ++i)
    images.push_back({static_cast<int64_t>(7 + i), "x.png", {480, 640}});
  return {{{3, "cat"}, {5, "dog"}}, std::move(images), boxes, ""};
}

BoxDetection found_at(int place, double score, int64_t category = 3, int64_t image = 7) {
  return {image, category, place * 20.0, 0, 10, 10, score};
}

TEST(CocoEvaluator, EverythingFound) {
  const auto store = store_of({{box_at(0), box_at(1)}});
  const CocoMetrics m = evaluate(store, std::vector{found_at(0, 0.9), found_at(1, 0.8)});
  EXPECT_NEAR(m.ap, 1, 1e-12);
  EXPECT_NEAR(m.ap_small, 1, 1e-12);
  EXPECT_EQ(m.ap_medium, -1);
  EXPECT_EQ(m.ar_large, -1);
  EXPECT_DOUBLE_EQ(m.ar_1, 0.5);
  EXPECT_DOUBLE_EQ(m.ar_100, 1);
  EXPECT_EQ(m.classes[0].boxes, 2);
  EXPECT_NEAR(m.classes[0].ap50, 1, 1e-12);
  EXPECT_EQ(m.classes[1].ap, -1) << "a class without boxes has no AP and does not lower the mean";
}

TEST(CocoEvaluator, HalfFoundIsPrecisionOneUpToRecallOneHalf) {
  const auto store = store_of({{box_at(0), box_at(1)}});
  const CocoMetrics m = evaluate(store, std::vector{found_at(0, 0.9)});
  EXPECT_NEAR(m.ap, 51.0 / 101, 1e-12);
  EXPECT_NEAR(m.curves.precision(0, 50, 0, 0), 1, 1e-12);
  EXPECT_EQ(m.curves.precision(0, 51, 0, 0), 0);
  EXPECT_EQ(m.curves.recall(0, 0, 0, 2), 0.5);
}

TEST(CocoEvaluator, NothingDetectedIsZeroAndNothingToFindIsMinusOne) {
  EXPECT_EQ(evaluate(store_of({{box_at(0)}}), {}).ap, 0);
  EXPECT_EQ(evaluate(store_of({{box_at(0)}}), {}).ar_100, 0);
  const CocoMetrics empty = evaluate(store_of({{}}), std::vector{found_at(0, 0.9)});
  EXPECT_EQ(empty.ap, -1);
  EXPECT_EQ(empty.ar_1, -1);
  EXPECT_EQ(evaluate(store_of({}), {}).ap, -1);
}

TEST(CocoEvaluator, EqualScoresKeepTheirOrder) {
  const auto store = store_of({{box_at(0)}, {}});
  const auto right = found_at(0, 0.5), wrong = found_at(5, 0.5);
  EXPECT_NEAR(evaluate(store, std::vector{right, wrong}).ap50, 1, 1e-12);
  EXPECT_NEAR(evaluate(store, std::vector{wrong, right}).ap50, 0.5, 1e-12);
  // Between images it is the image's id that decides, not the order in the file.
  EXPECT_NEAR(evaluate(store, std::vector{found_at(5, 0.5, 3, 8), right}).ap50, 1, 1e-12);
}

TEST(CocoEvaluator, ASecondDetectionOfABoxIsWrong) {
  const auto store = store_of({{box_at(0), box_at(1)}});
  const CocoMetrics m = evaluate(store, std::vector{found_at(0, 0.9), found_at(0, 0.8), found_at(1, 0.7)});
  EXPECT_NEAR(m.ap50, (51 * 1.0 + 50 * 2.0 / 3) / 101, 1e-12);
}

TEST(CocoEvaluator, CrowdsSwallowAnyNumberOfDetections) {
  auto crowd = box_at(4, 0, true);
  crowd.width = 100;
  const auto store = store_of({{crowd, box_at(0)}});
  // Within the crowd's width: IoU would be 0.1, intersection over the detection is 1.
  const CocoMetrics m = evaluate(store, std::vector{found_at(5, 0.99), found_at(6, 0.98), found_at(0, 0.5)});
  EXPECT_NEAR(m.ap, 1, 1e-12);
  EXPECT_EQ(m.classes[0].boxes, 1);
}

TEST(CocoEvaluator, AnOrdinaryBoxIsPreferredToACrowd) {
  auto crowd = box_at(0, 0, true);
  crowd.width = 200;
  const auto store = store_of({{crowd, box_at(0)}});
  auto shifted = found_at(0, 0.9);
  shifted.x += 1;  // IoU with the box 9/11, with the crowd 1
  EXPECT_NEAR(evaluate(store, std::vector{shifted}).ap50, 1, 1e-12);
}

TEST(CocoEvaluator, TheThresholdItselfIsAMatch) {
  auto truth = box_at(0);
  truth.width = 20, truth.area = 200;
  const CocoMetrics m = evaluate(store_of({{truth}}), std::vector{found_at(0, 0.9)});
  EXPECT_NEAR(m.ap50, 1, 1e-12);
  EXPECT_EQ(m.curves.precision(1, 0, 0, 0), 0);
}

TEST(CocoEvaluator, LimitsOfDetectionsAImageAndClass) {
  std::vector<Annotation> boxes(12);
  std::vector<BoxDetection> found(12);
  for (int i = 0; i < 12; ++i) {
    boxes[static_cast<size_t>(i)] = box_at(i);
    found[static_cast<size_t>(i)] = found_at(i, 0.9 - 0.01 * i);
  }
  const CocoMetrics m = evaluate(store_of({boxes}), found);
  EXPECT_DOUBLE_EQ(m.ar_1, 1.0 / 12);
  EXPECT_DOUBLE_EQ(m.ar_10, 10.0 / 12);
  EXPECT_DOUBLE_EQ(m.ar_100, 1);
  std::vector<BoxDetection> late(100, found_at(50, 0.95));
  late.push_back(found_at(0, 0.94));
  EXPECT_EQ(evaluate(store_of({boxes}), late).ar_100, 0) << "the 101st detection must not count";
}

TEST(CocoEvaluator, CategoriesDoNotMix) {
  const auto store = store_of({{box_at(0, 1)}});
  EXPECT_EQ(evaluate(store, std::vector{found_at(0, 0.9, 3)}).ap, 0);
  const CocoMetrics m = evaluate(store, std::vector{found_at(0, 0.9, 5), found_at(0, 0.9, 1)});
  EXPECT_NEAR(m.ap, 1, 1e-12);
  EXPECT_EQ(m.unknown_category_detections, 1);
}

TEST(CocoEvaluator, WhatCannotBeEvaluatedIsRefused) {
  const auto store = store_of({{box_at(0)}});
  EXPECT_THROW(evaluate(store, std::vector{found_at(0, 0.9, 3, 99)}), focus::Error);
  EXPECT_THROW(evaluate(store, std::vector{found_at(0, std::numeric_limits<double>::quiet_NaN())}),
               focus::Error);
}

TEST(CocoEvaluator, TableAndJsonNameEverything) {
  const auto store = store_of({{box_at(0)}});
  const CocoMetrics m = evaluate(store, std::vector{found_at(0, 0.9)});
  const auto json = m.to_json();
  for (const char* key : {"AP", "AP50", "AP75", "AP_small", "AP_medium", "AP_large", "AR_1", "AR_10",
                          "AR_100", "AR_small", "AR_medium", "AR_large"}) {
    EXPECT_TRUE(json.contains(key)) << key;
    EXPECT_NE(("\n" + m.table()).find(std::string("\n") + key + " "), std::string::npos) << key;
  }
  EXPECT_EQ(json["AP_large"], -1);
  EXPECT_EQ(json["classes"][1]["name"], "dog");
  EXPECT_NE(m.table().find("cat          1  1.000  1.000\n"), std::string::npos) << m.table();
}

/// The published reference numbers of pycocotools.
class PublishedNumbers : public testing::TestWithParam<const char*> {};

TEST_P(PublishedNumbers, AreMetToTheNinthDigit) {
  FOCUS_NEEDS_SHARED_DATA();
  const auto dir = focus::test::shared_dir() / "data" / "coco_eval";
  std::ifstream in(dir / "expected.json");
  const auto expected = nlohmann::json::parse(in).at(GetParam());
  const auto store = focus::data::load_coco(dir / expected["gt"].get<std::string>(), dir);
  const auto detections =
      focus::eval::read_results_json(dir / expected["dt"].get<std::string>(), *store).detections;
  const auto got = evaluate(*store, detections).to_json();
  int compared = 0;
  for (const auto& [key, value] : expected.items()) {
    if (!value.is_number()) continue;
    EXPECT_NEAR(got.at(key).get<double>(), value.get<double>(), 1e-9) << key;
    ++compared;
  }
  EXPECT_EQ(compared, 12);
}

INSTANTIATE_TEST_SUITE_P(Coco, PublishedNumbers,
                         testing::Values("fakebbox100", "deimv2_atto", "deimv2_femto"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
