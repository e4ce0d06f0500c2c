#include "data/check/check.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>

#include "base/error.h"
#include "data/check/crowding.h"
#include "data/sample.h"
#include "data/stats.h"
#include "images/opencv/image_files.h"
#include "images/test_images.h"
#include "support/shared_data.h"

namespace {

using namespace focus::data;

using namespace focus::images;
using enum IssueKind;

const char* const kDirty = R"({
  "images": [{"id": 1, "file_name": "a.png", "width": 100, "height": 100},
             {"id": 2, "file_name": "b.png", "width": 10, "height": 10},
             {"id": 2, "file_name": "c.png", "width": 10, "height": 10},
             {"id": 3, "file_name": "a.png", "width": 100, "height": 100}],
  "annotations": [
    {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 50, 50]},
    {"id": 2, "image_id": 1, "category_id": 1, "bbox": [1, 0, 50, 50]},
    {"id": 3, "image_id": 1, "category_id": 2, "bbox": [0, 0, 25, 50]},
    {"id": 4, "image_id": 1, "category_id": 2, "bbox": [5, 5, 0, 5]},
    {"id": 5, "image_id": 1, "category_id": 2, "bbox": [90, 90, 20, 5]},
    {"id": 6, "image_id": 1, "category_id": 2, "bbox": [90, 90, -20, 5]},
    {"id": 7, "image_id": 1, "category_id": 2, "bbox": [NaN, 90, 20, 5]},
    {"id": 8, "image_id": 1, "category_id": 2, "bbox": [1, 90, null, 5]},
    {"id": 9, "image_id": 77, "category_id": 2, "bbox": [1, 90, 1, 5]},
    {"id": 10, "image_id": 1, "category_id": 77, "bbox": [1, 90, 1, 5]},
    {"id": 1, "image_id": 1, "category_id": 2, "bbox": [1, 90, 1, 5]},
    {"id": 11, "image_id": 1, "category_id": 2, "bbox": [0, 0, 50, 50], "iscrowd": 1}],
  "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}]})";

class Check : public testing::Test {
 protected:
  CheckReport check(const std::string& text, const CheckOptions& options = {}) {
    std::ofstream(path_) << text;
    return check_dataset(path_, options);
  }

  focus::test::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "instances.json";
};

TEST_F(Check, EverythingIsCountedByKind) {
  const auto report = check(kDirty);
  EXPECT_EQ(report.count(kNearDuplicate), 1);
  EXPECT_EQ(report.count(kZeroArea), 1);
  EXPECT_EQ(report.count(kOutsideImage), 1);
  EXPECT_EQ(report.count(kNegativeSize), 1);
  EXPECT_EQ(report.count(kNotFinite), 2);
  EXPECT_EQ(report.count(kUnknownImage), 1);
  EXPECT_EQ(report.count(kUnknownCategory), 1);
  EXPECT_EQ(report.count(kDuplicateId), 2);
  EXPECT_EQ(report.count(kDuplicateName), 1);
  EXPECT_EQ(report.errors(), 7);
  EXPECT_EQ(report.warnings(), 4);
  EXPECT_EQ(report.images, 3);
  EXPECT_EQ(report.boxes, 6);
  const auto text = to_text(report);
  EXPECT_NE(text.find("error: negative size: 1"), std::string::npos) << text;
  EXPECT_NE(text.find("annotation 6"), std::string::npos) << text;
  EXPECT_NE(text.find("7 errors, 4 warnings"), std::string::npos) << text;
  EXPECT_LT(text.find("error:"), text.find("warning:"));
  EXPECT_EQ(to_json(report)["errors"], 7);
}

TEST_F(Check, EveryKindHasItsWords) {
  std::set<std::string> words;
  for (int kind = 0; kind <= static_cast<int>(kReadOtherwise); ++kind)
    words.insert(describe(IssueKind(kind)));
  EXPECT_EQ(words.size(), static_cast<size_t>(kReadOtherwise) + 1);
  EXPECT_TRUE(is_error(kWrongImageSize));
  EXPECT_FALSE(is_error(kZeroArea));
}

TEST_F(Check, NotJsonIsOneError) {
  const auto report = check("{\"images\": [");
  EXPECT_EQ(report.errors(), 1);
  EXPECT_EQ(report.count(kNotJson), 1);
}

TEST_F(Check, ImagesAreDecodedAndMeasured) {
  focus::test::write_image_file(folder_.path() / "a.png", focus::test::noise(100, 90));
  std::ofstream(folder_.path() / "b.png") << "text";
  const std::string text = R"({
    "images": [{"id": 1, "file_name": "a.png", "width": 90, "height": 100},
               {"id": 2, "file_name": "b.png", "width": 10, "height": 10},
               {"id": 3, "file_name": "./a.png", "width": 100, "height": 90},
               {"id": 4, "file_name": "absent.png", "width": 10, "height": 10}],
    "annotations": [], "categories": []})";
  EXPECT_EQ(check(text).errors(), 0);
  const auto report = check(text, {.image_dir = folder_.path()});
  EXPECT_EQ(report.count(kUndecodableImage), 1);
  EXPECT_EQ(report.count(kWrongImageSize), 1);
  EXPECT_EQ(report.count(kMissingImage), 1);
  EXPECT_EQ(report.errors(), 3);
  EXPECT_THROW(check(text, {.image_dir = folder_.path() / "nowhere"}), focus::Error);
}

TEST_F(Check, WhatTrainingLeavesOutIsNotCalledClipped) {
  const auto report = check(R"({"images": [{"id": 1, "file_name": "a.png", "width": 100, "height": 50}],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [120, 10, 20, 20]},
                    {"id": 2, "image_id": 1, "category_id": 1, "bbox": [-20, 10, 20, 20]},
                    {"id": 3, "image_id": 1, "category_id": 1, "bbox": [10, 55, 20, 20]},
                    {"id": 4, "image_id": 1, "category_id": 1, "bbox": [90, 10, 20, 20]},
                    {"id": 5, "image_id": 1, "category_id": 1, "bbox": [120, 10, 0, 20]}],
    "categories": [{"id": 1, "name": "cat"}]})");
  EXPECT_EQ(report.count(kNoneInside), 3) << to_text(report);
  EXPECT_EQ(report.count(kOutsideImage), 2);
  EXPECT_EQ(report.count(kZeroArea), 1);
  EXPECT_EQ(report.warnings(), 6);
  for (const auto& issue : report.findings().at(kNoneInside).examples) {
    EXPECT_NE(issue.text.find("training leaves it out"), std::string::npos) << issue.text;
    EXPECT_EQ(issue.text.find("clip"), std::string::npos) << issue.text;
  }
  // And that is what training does.
  const std::vector<Annotation> boxes{{.x = 120, .y = 10, .width = 20, .height = 20},
                                      {.x = -20, .y = 10, .width = 20, .height = 20},
                                      {.x = 10, .y = 55, .width = 20, .height = 20},
                                      {.x = 90, .y = 10, .width = 20, .height = 20},
                                      {.x = 120, .y = 10, .width = 0, .height = 20}};
  EXPECT_EQ(make_target(learnable_boxes(boxes), {50, 100}).labels.numel(), 1);
  EXPECT_EQ(learnable_count(boxes, {50, 100}), 1);
}

TEST_F(Check, MoreBoxesThanQueriesAreListed) {
  std::string text = R"({"images": [{"id": 1, "file_name": "a.png", "width": 160, "height": 120},
                                    {"id": 2, "file_name": "b.png", "width": 160, "height": 120}],
                         "categories": [{"id": 1, "name": "x"}], "annotations": [)";
  for (int i = 0; i < 100; ++i) {
    text += fmt::format(
        R"({}{{"id": {}, "image_id": 1, "category_id": 1, "bbox": [{}, {}, 9, 9], "iscrowd": {}}})",
        i ? "," : "", i + 1, i % 10 * 12, i / 10 * 12, i < 10 ? 1 : 0);
  }
  text += "]}";
  EXPECT_EQ(check(text).count(kCrowded), 0) << "not known without a model";
  EXPECT_EQ(check(text, {.queries = 90}).count(kCrowded), 0) << "crowds are not learned";
  const auto report = check(text, {.queries = 89});
  ASSERT_EQ(report.count(kCrowded), 1);
  EXPECT_EQ(report.errors(), 0);
  const auto said = report.findings().at(kCrowded).examples[0];
  EXPECT_NE((said.entry + said.text).find("a.png)90 boxes, but a model with 89 queries"), std::string::npos)
      << said.entry << said.text;
  const auto store = load_coco(path_, "");
  EXPECT_EQ(crowding_note(*store, 90), "");
  const auto note = crowding_note(*store, 30);
  EXPECT_NE(note.find("1 of 2 images have more boxes than the model has queries (30), up to 90 in 'a.png'"),
            std::string::npos)
      << note;
  EXPECT_NE(note.find("model.transformer.queries=90"), std::string::npos) << note;
}

TEST_F(Check, ManyIssuesAreCountedButFewKept) {
  std::string text = R"({"images": [{"id": 1, "file_name": "a", "width": 9, "height": 9}],
                         "categories": [{"id": 1, "name": "x"}], "annotations": [)";
  for (int i = 0; i < 5000; ++i) {
    text += fmt::format(R"({}{{"id": {}, "image_id": 1, "category_id": 1, "bbox": [0, 0, 5, 5]}})",
                        i ? "," : "", i);
  }
  const auto report = check(text + "]}", {.examples = 3});
  EXPECT_EQ(report.count(kNearDuplicate), 4999);
  EXPECT_EQ(report.findings().at(kNearDuplicate).examples.size(), 3u);
  EXPECT_NE(to_text(report).find("and 4996 more"), std::string::npos);
}

TEST(BoxIou, KnownValues) {
  const Annotation a{.x = 0, .y = 0, .width = 10, .height = 10}, b{.x = 5, .y = 0, .width = 10, .height = 10};
  EXPECT_DOUBLE_EQ(box_iou(a, a), 1);
  EXPECT_DOUBLE_EQ(box_iou(a, b), 1.0 / 3);
  EXPECT_DOUBLE_EQ(box_iou(a, {.x = 20, .y = 0, .width = 1, .height = 1}), 0);
  EXPECT_DOUBLE_EQ(box_iou({}, {}), 0);
}

TEST(Stats, KnownNumbers) {
  const std::vector<Category> categories{{1, "cat"}, {5, "dog"}};
  const AnnotationStore store(categories, {{1, "a", {50, 100}}, {2, "b", {70, 80}}, {3, "c", {60, 90}}},
                              {{{.id = 1, .label = 0, .width = 31, .height = 31},
                                {.id = 2, .label = 0, .width = 32, .height = 32},
                                {.id = 3, .label = 1, .width = 96, .height = 96}},
                               {{.id = 4, .label = 0, .width = 10, .height = 10},
                                {.id = 5, .label = 1, .width = 10, .height = 10, .crowd = true}},
                               {}},
                              "");
  const auto stats = dataset_stats(store);
  EXPECT_EQ(stats.images, 3);
  EXPECT_EQ(stats.empty_images, 1);
  EXPECT_EQ(stats.boxes, 4);
  EXPECT_EQ(stats.crowds, 1);
  EXPECT_EQ(stats.categories[0].boxes, 3);
  EXPECT_EQ(stats.categories[0].images, 2);
  EXPECT_EQ(stats.categories[1].boxes, 1);
  EXPECT_EQ(stats.box_sizes, (std::array<int64_t, 3>{2, 1, 1}));
  EXPECT_EQ(stats.boxes_per_image.median, 1);
  EXPECT_EQ(stats.box_side.median, 31.5);
  EXPECT_EQ(stats.image_width.mean, 90);
  EXPECT_EQ(stats.image_height.max, 70);
  EXPECT_EQ(to_json(stats)["box_sizes"]["small"], 2);
  EXPECT_NE(to_text(stats).find("dog"), std::string::npos);
  EXPECT_EQ(dataset_stats(AnnotationStore({}, {}, {}, "")).image_width.max, 0);
}

TEST(CheckSharedData, FindsWhatIsKnownAboutBloodCells) {
  FOCUS_NEEDS_SHARED_DATA();
  const auto data = focus::test::shared_dir() / "data/bccd";
  std::map<std::string, int64_t> expected;
  for (const auto& entry : nlohmann::json::parse(std::ifstream(data / "dirty.json"))) {
    if (entry["action"] == "kept") ++expected[entry["split"]];
  }
  for (const std::string split : {"train", "val", "test"}) {
    const auto report = check_dataset(data / "annotations" / ("instances_" + split + ".json"),
                                      {.image_dir = data / "images" / split});
    EXPECT_EQ(report.errors(), 0) << to_text(report);
    EXPECT_EQ(report.warnings(), expected[split]) << to_text(report);
    EXPECT_EQ(report.count(kNearDuplicate), expected[split]);
  }
}

}  // namespace
