#include "data/coco/coco.h"

#include <gtest/gtest.h>
#include <spdlog/fmt/fmt.h>

#include <fstream>
#include <set>

#include "base/error.h"
#include "support/shared_data.h"
#include "support/temporary_folder.h"

namespace {

using focus::data::load_coco;

const std::string kGood = R"({
  "images": [{"id": 40, "file_name": "b.jpg", "width": 100, "height": 50},
             {"id": 7, "file_name": "a.jpg", "width": 20, "height": 30}],
  "annotations": [
    {"id": 1, "image_id": 7, "category_id": 90, "bbox": [1, 2.5, 3, 4], "segmentation": [[[1, 2, 3]]]},
    {"id": 2, "image_id": 40, "category_id": 3, "bbox": [0, 0, 0, 4], "area": 2, "iscrowd": 1,
     "segmentation": {"counts": [1, 2], "size": [3, 4]}},
    {"id": 3, "image_id": 7, "category_id": 3, "bbox": [-5, -5, 500, 500]}],
  "categories": [{"id": 90, "name": "brush"}, {"id": 3, "name": "car"}]})";

class Coco : public testing::Test {
 protected:
  std::shared_ptr<const focus::data::AnnotationStore> load(const std::string& text) {
    std::ofstream(path_, std::ios::binary) << text;
    return load_coco(path_, "images");
  }

  std::string error_of(const std::string& text) {
    try {
      load(text);
    } catch (const focus::Error& error) {
      return error.what();
    }
    return "";
  }

  // The good file with one piece of text replaced.
  std::string error_with(const std::string& from, const std::string& to) {
    std::string text = kGood;
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return error_of(text.replace(at, from.size(), to));
  }

  // Checks that the error is one line that names the file, says `expected`, and points to the check.
  void expect_clear(const std::string& error, const std::vector<std::string>& expected) {
    EXPECT_EQ(error.find('\n'), std::string::npos) << error;
    EXPECT_EQ(error.rfind(path_.string() + ": ", 0), 0u) << error;
    EXPECT_NE(error.find("focus-detr dataset check"), std::string::npos) << error;
    for (const auto& part : expected)
      EXPECT_NE(error.find(part), std::string::npos) << error << "\nlacks " << part;
  }

  focus::test::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "instances.json";
};

TEST_F(Coco, EntriesReachTheStore) {
  const auto store = load(kGood);
  ASSERT_EQ(store->categories().size(), 2u);
  EXPECT_EQ(store->categories()[0].id, 3)
      << "classes are ordered by id, not as the file happens to list them";
  EXPECT_EQ(store->categories()[1].name, "brush");
  ASSERT_EQ(store->size(), 2);
  EXPECT_EQ(store->image(0).id, 40);
  EXPECT_EQ(store->image(1).size, (focus::nn::ImageSize{30, 20}));
  EXPECT_EQ(store->image_path(1), std::filesystem::path("images/a.jpg"));
  ASSERT_EQ(store->annotations(0).size(), 1u);
  EXPECT_TRUE(store->annotations(0)[0].crowd);
  EXPECT_EQ(store->annotations(0)[0].area, 2);
  EXPECT_EQ(store->annotations(0)[0].width, 0) << "boxes without area are kept: evaluation counts them";
  ASSERT_EQ(store->annotations(1).size(), 2u);
  EXPECT_EQ(store->annotations(1)[0].label, 1);
  EXPECT_EQ(store->annotations(1)[0].y, 2.5);
  EXPECT_EQ(store->annotations(1)[0].area, 12) << "a missing area is that of the box";
  EXPECT_EQ(store->annotations(1)[1].id, 3);
  EXPECT_EQ(store->annotations(1)[1].x, -5) << "stored as stated, clipped only when targets are made";
  EXPECT_THROW(store->annotations(2), std::out_of_range);
  EXPECT_THROW(store->image(-1), std::out_of_range);
}

TEST_F(Coco, EmptyListsAreNoDataSet) {
  EXPECT_THROW(load(R"({"images": [], "annotations": [], "categories": []})"), focus::Error);
}

TEST_F(Coco, BadNumbers) {
  expect_clear(error_with("[1, 2.5, 3, 4]", "[1, NaN, 3, 4]"), {"annotation 1", "bbox[1]", "NaN"});
  expect_clear(error_with("[1, 2.5, 3, 4]", "[1, 2, -Infinity, 4]"),
               {"annotation 1", "bbox[2]", "-Infinity"});
  expect_clear(error_with("[1, 2.5, 3, 4]", "[1, 2, null, 4]"), {"annotation 1", "bbox[2]", "null"});
  expect_clear(error_with("[1, 2.5, 3, 4]", "[1, 2, -3, 4]"), {"annotation 1", "bbox", "-3 x 4"});
  expect_clear(error_with("[1, 2.5, 3, 4]", "[1, 2, 1e999, 4]"), {"1e999"});
  expect_clear(error_with("[1, 2.5, 3, 4]", "[1, 2, \"3px\", 4]"), {"annotation 1", "bbox[2]", "\"3px\""});
  expect_clear(error_with("\"area\": 2", "\"area\": NaN"), {"annotation 2", "area", "NaN"});
  expect_clear(error_with("\"area\": 2", "\"area\": -1"), {"annotation 2", "area", "-1"});
  expect_clear(error_with("\"width\": 100", "\"width\": 0"), {"image 40", "width", "0"});
  expect_clear(error_with("\"width\": 100", "\"width\": -5"), {"image 40", "-5"});
  expect_clear(error_with("\"width\": 100", "\"width\": NaN"), {"image 40", "width", "NaN"});
  expect_clear(error_with("\"width\": 100", "\"width\": 4000000000000000000"), {"image 40", "pixels"});
}

TEST_F(Coco, BadReferencesAndIds) {
  expect_clear(error_with("\"category_id\": 90", "\"category_id\": 91"),
               {"annotation 1", "category_id", "91"});
  expect_clear(error_with("\"image_id\": 40", "\"image_id\": 41"), {"annotation 2", "image_id", "41"});
  expect_clear(error_with("{\"id\": 2", "{\"id\": 1"), {"annotation 1", "earlier entry"});
  expect_clear(error_with("\"id\": 40", "\"id\": 7"), {"image 7", "earlier entry"});
  expect_clear(error_with("\"id\": 90", "\"id\": 3"), {"category 3", "earlier entry"});
  expect_clear(error_with("\"id\": 90", "\"id\": [90]"), {"categories[0]", "'id'", "a list of 1"});
  expect_clear(error_with("\"id\": 90", "\"id\": true"), {"categories[0]", "'id'", "true"});
  expect_clear(error_with("\"id\": 90", "\"id\": null"), {"categories[0]", "'id'", "null"});
  expect_clear(error_with("\"id\": 90", "\"id\": NaN"), {"categories[0]", "'id'", "NaN"});
  expect_clear(error_with("\"id\": 90", "\"id\": 1e400"), {"1e400"});
}

TEST_F(Coco, ListsAndFieldsThatComeTwice) {
  EXPECT_NE(error_with("\"annotations\": [", "\"images\": [], \"annotations\": [")
                .find("the file has the list 'images' twice"),
            std::string::npos);
  EXPECT_NE(error_with("\"id\": 7, ", "\"id\": 7, \"id\": 8, ").find("images[1] has the field 'id' twice"),
            std::string::npos);
  EXPECT_NE(error_with("\"bbox\": [0, 0, 0, 4]", "\"bbox\": [1, 1, 1, 1], \"\\u0062box\": [0, 0, 0, 4]")
                .find("annotations[1] has the field 'bbox' twice"),
            std::string::npos);
  EXPECT_EQ(error_with("\"id\": 7, ", "\"id\": 7, \"note\": 1, \"note\": 2, "), "") << "what nobody reads";
}

TEST_F(Coco, MissingAndWrongFields) {
  expect_clear(error_with("\"bbox\": [1, 2.5, 3, 4], ", ""), {"annotation 1", "bbox"});
  expect_clear(error_with("[1, 2.5, 3, 4]", "[1, 2.5, 3]"), {"annotation 1", "bbox", "a list of 3"});
  expect_clear(error_with("[1, 2.5, 3, 4]", "[[1], 2.5, 3, 4]"), {"annotation 1", "bbox[0]", "a list of 1"});
  expect_clear(error_with("\"id\": 1, ", ""), {"annotations[0]", "'id'"});
  expect_clear(error_with("\"file_name\": \"a.jpg\", ", ""), {"image 7", "file_name"});
  expect_clear(error_with("\"a.jpg\"", "12"), {"image 7", "file_name", "12"});
  expect_clear(error_with("\"a.jpg\"", "\"\""), {"image 7", "file_name"});
  expect_clear(error_with("\"iscrowd\": 1", "\"iscrowd\": 7"), {"annotation 2", "iscrowd", "7"});
  expect_clear(error_with("\"categories\"", "\"classes\""), {"categories"});
  expect_clear(error_with("{\"id\": 90, \"name\": \"brush\"}", "90"), {"categories", "number"});
}

TEST_F(Coco, WhatOtherTypesPlainlyMeanIsRead) {
  std::string text = kGood;
  for (const auto& [from, to] : {std::pair{"\"width\": 20", "\"width\": \"20\""},
                                 {"[1, 2.5, 3, 4]", "[\"1\", \"2.5\", 3, \" 4 \"]"},
                                 {"\"brush\"", "7"}}) {
    text.replace(text.find(from), std::string(from).size(), to);
  }
  std::ofstream(path_) << text;
  std::vector<std::string> said;
  const auto file = focus::data::read_coco(path_, [&](const auto& issue) {
    EXPECT_EQ(issue.kind, focus::data::IssueKind::kOtherType);
    said.push_back(issue.entry + " " + issue.text);
  });
  EXPECT_EQ(said, (std::vector<std::string>{
                      "image 7 field 'width' has numbers written as text: read as numbers",
                      "annotation 1 field 'bbox' has numbers written as text: read as numbers",
                      "category 90 field 'name' is the number 7: read as text"}));
  EXPECT_EQ(file.images.at(1).size.width, 20);
  EXPECT_EQ(file.annotations.at(1).at(0).y, 2.5);
  EXPECT_EQ(file.annotations.at(1).at(0).height, 4);
  EXPECT_EQ(file.categories.at(1).name, "7");
  EXPECT_EQ(load(text)->size(), 2);
  for (const char* wrong : {"\"x\"", "\"\"", "\"1,5\"", "\"nan\"", "\"0x10\"", "true"}) {
    EXPECT_NE(error_with("[1, 2.5, 3, 4]", fmt::format("[1, {}, 3, 4]", wrong)), "") << wrong;
  }
  const auto images = R"({"images": [{"id": 1, "file_name": "a.jpg", "width": 9, "height": 9}],)";
  const auto categories = R"("categories": [{"id": 1, "name": "cat"}], "annotations": )";
  EXPECT_EQ(load(fmt::format("{}{}null}}", images, categories))->size(), 1);
  EXPECT_NE(error_of(fmt::format("{}{}3}}", images, categories)), "");
}

TEST_F(Coco, NotACocoFile) {
  expect_clear(error_of(""), {"empty"});
  expect_clear(error_of(" \n"), {"empty"});
  expect_clear(error_of("hello"), {"line 1, column 1"});
  expect_clear(error_of(kGood.substr(0, 300)), {"not JSON", "line 6, column 27"});
  expect_clear(error_of(std::string("\xff\xd8\xff\xe0\0\x10JFIF", 10)), {"not JSON"});
  expect_clear(error_of("[{\"image_id\": 1}]"), {"results"});
  expect_clear(error_of("3"), {"number"});
  expect_clear(error_of("{\"images\": 3, \"annotations\": [], \"categories\": []}"), {"images", "number"});
  expect_clear(error_of(std::string(1000000, '[')), {"deeper"});
  expect_clear(error_with("[[[1, 2, 3]]]", std::string(100000, '[')), {"deeper"});
  expect_clear(error_of("\"" + std::string(100000, 'x')), {"not JSON"});
  EXPECT_LT(error_of("\"" + std::string(100000, 'x')).size(), 1000u);
}

TEST_F(Coco, NoFile) {
  EXPECT_THROW(load_coco(folder_.path() / "absent.json", "."), focus::Error);
  EXPECT_THROW(load_coco(folder_.path(), "."), focus::Error);
}

TEST_F(Coco, EveryTruncationIsAnError) {
  for (size_t length = 0; length < kGood.size(); ++length) {
    EXPECT_NE(error_of(kGood.substr(0, length)), "") << length;
  }
}

TEST_F(Coco, TolerantReadingListsEverything) {
  std::ofstream(path_) << R"({
    "images": [{"id": 1, "file_name": "a.jpg", "width": 10, "height": 10},
               {"id": 2, "file_name": "b.jpg", "width": 0, "height": 10}, 5],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, NaN, 1]},
                    {"id": 2, "image_id": 9, "category_id": 8, "bbox": [0, 0, 1, 1]},
                    {"id": 3, "image_id": 2, "category_id": 1, "bbox": [0, 0, 1, 1]},
                    {"id": 4, "image_id": 1, "category_id": 1, "bbox": [0, 0, 1, 1]}],
    "categories": [{"id": 1, "name": "NaN in text, and \"Infinity\", stay"}]})";
  std::vector<focus::data::IssueKind> kinds;
  const auto file = focus::data::read_coco(path_, [&](const auto& issue) { kinds.push_back(issue.kind); });
  using enum focus::data::IssueKind;
  EXPECT_EQ(kinds, (std::vector{kBadImageSize, kNotFinite, kWrongType, kUnknownImage, kUnknownCategory}));
  ASSERT_EQ(file.annotations.size(), 1u);
  ASSERT_EQ(file.annotations[0].size(), 1u);
  EXPECT_EQ(file.annotations[0][0].id, 4);
  EXPECT_EQ(file.categories.at(0).name, "NaN in text, and \"Infinity\", stay");
}

TEST(CocoSharedData, RealFilesLoad) {
  FOCUS_NEEDS_SHARED_DATA();
  const auto data = focus::test::shared_dir() / "data";
  const auto count = [](const auto& store) {
    size_t boxes = 0;
    for (int64_t i = 0; i < store->size(); ++i) boxes += store->annotations(i).size();
    return boxes;
  };
  const auto bccd = load_coco(data / "bccd/annotations/instances_train.json", data / "bccd/images/train");
  EXPECT_EQ(bccd->size(), 205);
  EXPECT_EQ(count(bccd), 2804u);
  EXPECT_TRUE(std::filesystem::exists(bccd->image_path(0)));
  const auto coco = load_coco(data / "coco_val188/annotations/instances_val.json", data);
  EXPECT_EQ(coco->size(), 188);
  EXPECT_EQ(count(coco), 1692u);
  EXPECT_EQ(coco->categories().back().id, 90);
  EXPECT_EQ(coco->categories().size(), 80u);
  EXPECT_EQ(count(load_coco(data / "coco_eval/instances_val2014_100.json", data)), 839u);
}

}  // namespace
