// Fields of annotation files as other programs export them.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "data/check/check.h"
#include "data/coco/coco.h"
#include "data/coco/coco_writer.h"
#include "data/dataset_files.h"

namespace focus::test {
namespace {

using namespace data;

using namespace images;
using enum IssueKind;
using nlohmann::json;

class CocoRealExports : public testing::Test {
 protected:
  std::shared_ptr<const AnnotationStore> load(const std::string& text) const {
    put(path_, text);
    return load_coco(path_, "images");
  }
  CheckReport check(const std::string& text) const {
    put(path_, text);
    return check_dataset(path_);
  }
  /// A file with one image and one class, and the given annotation.
  static std::string with(const std::string& annotation) {
    return R"({"images": [{"id": 1, "file_name": "a.jpg", "width": 160, "height": 120}],
               "categories": [{"id": 1, "name": "blob"}],
               "annotations": [{"id": 5, "image_id": 1, "category_id": 1, )" +
           annotation + "}]}";
  }
  /// The only box of such a file.
  Annotation box_with(const std::string& annotation) const {
    const auto store = load(with(annotation));
    EXPECT_EQ(store->annotations(0).size(), 1u);
    return store->annotations(0)[0];
  }
  /// What is written when the file is read, as JSON text.
  std::string rewritten(const std::string& text) const {
    const auto store = load(text);
    std::vector<std::string> names;
    for (int64_t i = 0; i < store->size(); ++i) names.push_back(store->image(i).file_name);
    WrittenBoxes boxes;
    write_coco_split(folder_.path(), "again", *store, names, boxes);
    std::ifstream in(folder_.path() / "annotations/instances_again.json");
    return {std::istreambuf_iterator<char>(in), {}};
  }

  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "instances.json";
};

const char* const kTextIds = R"({
  "categories": [{"id": "c-2", "name": "dog"}, {"id": "c-1", "name": "cat"}],
  "images": [{"id": "8f0c-2", "file_name": "b.jpg", "width": 160, "height": 120},
             {"id": "8f0c-1", "file_name": "a.jpg", "width": 160, "height": 120}],
  "annotations": [{"id": "x\n\"7\"", "image_id": "8f0c-1", "category_id": "c-2", "bbox": [1, 2, 3, 4]}]})";

TEST_F(CocoRealExports, TextIdsAreKept) {
  const auto store = load(kTextIds);
  ASSERT_EQ(store->categories().size(), 2u);
  EXPECT_EQ(store->categories()[0].name, "cat") << "ordered by id, as text";
  EXPECT_EQ(store->ids().categories.json_of(store->categories()[0].id), "\"c-1\"");
  ASSERT_EQ(store->annotations(1).size(), 1u);
  EXPECT_EQ(store->annotations(1)[0].label, 1);
  EXPECT_EQ(store->ids().images.value_of(store->image(0).id), "8f0c-2");
  EXPECT_LT(store->image(1).id, store->image(0).id) << "ties are ranked in the order of texts";
  const auto again = json::parse(rewritten(kTextIds));
  EXPECT_EQ(again["annotations"][0]["id"], "x\n\"7\"");
  EXPECT_EQ(again["annotations"][0]["image_id"], "8f0c-1");
  EXPECT_EQ(again["annotations"][0]["category_id"], "c-2");
  EXPECT_EQ(again["images"][1]["id"], "8f0c-1");
  EXPECT_EQ(again["categories"][1]["id"], "c-2");
  const auto report = check(kTextIds);
  EXPECT_EQ(report.errors(), 0) << to_text(report);
  EXPECT_EQ(report.count(kTextId), 5);
  const std::string text = to_text(report);
  EXPECT_EQ(text.find("id is text"), text.rfind("id is text")) << "each kind once:\n" << text;
}

TEST_F(CocoRealExports, DigitsInQuotesAreOtherIdsThanNumbers) {
  const auto again = json::parse(rewritten(R"({
    "categories": [{"id": "2", "name": "b"}, {"id": "10", "name": "j"}],
    "images": [{"id": "0", "file_name": "a.jpg", "width": 9, "height": 9},
               {"id": 0, "file_name": "b.jpg", "width": 9, "height": 9},
               {"id": 1, "file_name": "c.jpg", "width": 9, "height": 9},
               {"id": "007", "file_name": "d.jpg", "width": 9, "height": 9}],
    "annotations": [{"id": 1, "image_id": "0", "category_id": "2", "bbox": [1, 1, 2, 2]},
                    {"id": "1", "image_id": 0, "category_id": "10", "bbox": [1, 1, 2, 2]},
                    {"id": 3, "image_id": "007", "category_id": "10", "bbox": [1, 1, 2, 2]}]})"));
  EXPECT_EQ(again["images"][0]["id"], "0");
  EXPECT_EQ(again["images"][1]["id"], 0);
  EXPECT_EQ(again["annotations"][0]["image_id"], "0");
  EXPECT_EQ(again["annotations"][1]["image_id"], 0);
  EXPECT_EQ(again["annotations"][1]["id"], "1");
  EXPECT_EQ(again["annotations"][2]["image_id"], "007");
  EXPECT_EQ(load_coco(folder_.path() / "annotations/instances_again.json", "")->categories()[0].id, 2)
      << "a model gets the number, and classes are in the order of numbers";
}

TEST_F(CocoRealExports, ReferencesOfAnotherTypeAreTakenForTheirEntry) {
  const std::string text = R"({
    "categories": [{"id": 1, "name": "x"}],
    "images": [{"id": "12", "file_name": "a.jpg", "width": 9, "height": 9}],
    "annotations": [{"id": 1, "image_id": 12, "category_id": "1", "bbox": [1, 1, 2, 2]},
                    {"id": 2, "image_id": 12, "category_id": 1, "bbox": [1, 1, 9, 9]}]})";
  EXPECT_EQ(load(text)->annotations(0).size(), 2u);
  const auto report = check(text);
  EXPECT_EQ(report.errors(), 0);
  EXPECT_EQ(report.count(kOtherIdType), 3) << to_text(report);
  auto absent = text;
  absent.replace(absent.find("12, \"category_id\": \"1\""), 2, "13");
  expect_said(error_of([&] { load(absent); }), {"annotation 1", "'image_id' is 13", "no image has that id"});
}

TEST_F(CocoRealExports, LongIdsKeepEveryDigit) {
  const char* const long_ids[] = {"9007199254740993", "9223372036854775807", "-9223372036854775808",
                                  "18446744073709551615", "340282366920938463463374607431768211455"};
  for (const std::string id : long_ids) {
    auto text = with("\"bbox\": [1, 2, 3, 4]");
    for (const char* field : {"\"id\": 5", "\"id\": 1, \"file_name\"", "\"image_id\": 1"}) {
      const auto at = text.find(field) + std::string(field).find(": ") + 2;
      text.replace(at, 1, id);
    }
    const auto again = rewritten(text);
    EXPECT_NE(again.find("\"id\":" + id + ",\"image_id\":" + id + ","), std::string::npos) << again;
    EXPECT_EQ(check(text).count(kLongId), 2) << to_text(check(text));
  }
  const auto again = rewritten(with("\"bbox\": [1, 2, 3, 4], \"area\": 12345678901234567890"));
  EXPECT_EQ(json::parse(again)["annotations"][0]["area"], 12345678901234567890.0);
}

TEST_F(CocoRealExports, NumbersWrittenAsFloats) {
  const auto store = load(R"({"categories": [{"id": 1.0, "name": "x"}],
    "images": [{"id": 9007199254740993.0, "file_name": "a.jpg", "width": 160.0, "height": 1.2e2}],
    "annotations": [{"id": 7.0, "image_id": 9007199254740993, "category_id": 1.0, "bbox": [1.0, 2, 3e0, 4],
                     "iscrowd": 1.0}]})");
  EXPECT_EQ(store->image(0).id, 9007199254740993);
  EXPECT_EQ(store->image(0).size, (nn::ImageSize{120, 160}));
  ASSERT_EQ(store->annotations(0).size(), 1u);
  EXPECT_TRUE(store->annotations(0)[0].crowd);
  auto half = with("\"bbox\": [1, 2, 3, 4]");
  half.replace(half.find("\"id\": 1,"), 8, "\"id\": 1.5,");
  expect_said(error_of([&] { load(half); }), {"images[0]", "'id' is 1.5"});
}

TEST_F(CocoRealExports, CrowdsAreSaidInManyWays) {
  for (const char* yes : {"1", "true", "1.0", "\"1\"", "\"true\"", "\"True\""}) {
    EXPECT_TRUE(box_with("\"bbox\": [1, 2, 3, 4], \"iscrowd\": " + std::string(yes)).crowd) << yes;
  }
  for (const char* no : {"0", "false", "0.0", "\"0\"", "\"false\"", "null", "\"\""}) {
    EXPECT_FALSE(box_with("\"bbox\": [1, 2, 3, 4], \"iscrowd\": " + std::string(no)).crowd) << no;
  }
  expect_said(error_of([&] { box_with("\"bbox\": [1, 2, 3, 4], \"iscrowd\": \"maybe\""); }),
              {"annotation 5", "'iscrowd' is \"maybe\""});
}

TEST_F(CocoRealExports, NullIsAbsent) {
  const auto text = with(R"("bbox": [20, 30, 40, 30], "area": null, "iscrowd": null, "segmentation": null)");
  const auto store = load(text);
  expect_box(store->annotations(0)[0], 20, 30, 40, 30);
  EXPECT_EQ(store->annotations(0)[0].area, 1200);
  const auto report = check(text);
  EXPECT_EQ(report.errors(), 0);
  EXPECT_EQ(report.count(kBlankField), 3) << to_text(report);
  EXPECT_EQ(check(with(R"("bbox": [20, 30, 40, 30], "iscrowd": "", "segmentation": "")")).count(kBlankField),
            2);
  expect_said(error_of([&] { load(with("\"bbox\": null")); }), {"annotation 5", "'bbox' is null"});
  expect_said(error_of([&] {
                auto blank = text;
                load(blank.replace(blank.find("160"), 3, "null"));
              }),
              {"image 1", "no 'width' and 'height'"});
}

TEST_F(CocoRealExports, BoxesComeFromOutlines) {
  const struct {
    const char* outline;
    double x, y, width, height, area;
  } cases[] = {
      {"[[20, 30, 60, 30, 60, 60, 20, 60]]", 20, 30, 40, 30, 1200},
      {"[20, 30, 60, 30, 60, 60.5, 20, 60.5]", 20, 30, 40, 30.5, 1220},
      {"[[20, 30], [60, 30], [60, 60], [20, 60]]", 20, 30, 40, 30, 1200},
      {"[[[20, 30], [60, 30], [60, 60], [20, 60]]]", 20, 30, 40, 30, 1200},
      {"[[0, 0, 10, 0, 10, 10], [50, 60, 60, 60, 60, 70, 50, 70]]", 0, 0, 60, 70, 150},
      // Masks and their boxes as pycocotools 2.0 has them: encode, toBbox, area.
      {R"({"size": [7, 9], "counts": "g03400000;N"})", 3, 2, 6, 5, 13},
      {R"({"size": [7, 9], "counts": [23, 3, 4, 3, 4, 3, 4, 3, 15, 1]})", 3, 2, 6, 5, 13},
      {R"([{"size": [7, 9], "counts": [23, 3, 4, 3, 30]}, {"size": [7, 9], "counts": [0, 1, 62]}])", 0, 0, 5,
       5, 7},
      {R"({"size": [4, 5], "counts": [6, 5, 9]})", 1, 0, 2, 4, 5},
  };
  for (const char* bbox :
       {"", "\"bbox\": [], ", "\"bbox\": null, ", "\"bbox\": \"\", ", "\"bbox\": [0, 0, 0, 0], "}) {
    for (const auto& c : cases) {
      auto text = with(std::string(bbox) + "\"segmentation\": " + c.outline);
      // Masks are those of whole images.
      for (const auto& [size, image] : {std::pair{"[7, 9]", R"("width": 9, "height": 7)"},
                                        std::pair{"[4, 5]", R"("width": 5, "height": 4)"}}) {
        const std::string usual = R"("width": 160, "height": 120)";
        if (text.find(size) != std::string::npos) text.replace(text.find(usual), usual.size(), image);
      }
      const auto store = load(text);
      SCOPED_TRACE(text);
      ASSERT_EQ(store->annotations(0).size(), 1u);
      expect_box(store->annotations(0)[0], c.x, c.y, c.width, c.height);
      EXPECT_DOUBLE_EQ(store->annotations(0)[0].area, c.area);
      EXPECT_EQ(check(text).count(kBoxOfOutline), 1);
    }
  }
  EXPECT_EQ(box_with(R"("segmentation": [[0, 0, 9, 0, 9, 9]], "area": 7, "bbox": [])").area, 7);
  expect_box(box_with(R"("segmentation": [[0, 0, 9, 0, 9, 9]], "bbox": [1, 1, 2, 2])"), 1, 1, 2, 2);
}

TEST_F(CocoRealExports, FaultyOutlinesAreNamed) {
  const std::pair<const char*, const char*> cases[] = {
      {"[]", "'bbox'"},
      {"[[1, 2, 3]]", "polygon of 3 numbers"},
      {"[[1, 2, \"x\", 3]]", "neither"},
      {"[[1, 2, NaN, 3]]", "neither"},
      {"\"abc\"", "neither a list of polygons nor a mask"},
      {R"({"counts": [1]})", "without 'size'"},
      {R"({"size": [4, 5], "counts": [6, 50]})", "do not fit"},
      {R"({"size": [4, 5], "counts": [6, -5]})", "do not fit"},
      {R"({"size": [4, 5], "counts": [20]})", "encloses nothing"},
      {R"({"size": [4, 5], "counts": "\u0001"})", "compressed text"},
      {R"({"size": [4, 5], "counts": "oooooooooooooooooooooo"})", "compressed text"},
      {R"({"size": [4000000000, 5], "counts": [1, 2]})", "4000000000"},
  };
  for (const auto& [outline, words] : cases) {
    const auto text = with("\"segmentation\": " + std::string(outline));
    expect_said(error_of([&] { load(text); }), {"annotation 5", words, "dataset check"});
    EXPECT_EQ(check(text).errors(), 1);
    EXPECT_EQ(check(with("\"bbox\": [1, 2, 3, 4], \"segmentation\": " + std::string(outline))).errors(), 0)
        << "what is not needed is no fault";
  }
}

TEST_F(CocoRealExports, AMaskOfAnotherSizeIsNotTheImages) {
  for (const char* size : {"[160, 120]", "[60, 80]"}) {
    const auto text = with(R"("segmentation": {"size": )" + std::string(size) + R"(, "counts": [6, 5]})");
    expect_said(error_of([&] { load(text); }),
                {"annotation 5", size, "height 120 and width 160", "dataset check"});
    EXPECT_EQ(check(text).errors(), 1);
  }
}

TEST_F(CocoRealExports, AnnotationIdZeroIsSaid) {
  EXPECT_EQ(check(R"({"images": [], "categories": [{"id": 0, "name": "x"}], "annotations": []})").warnings(),
            0);
  auto text = with("\"bbox\": [1, 2, 3, 4]");
  text.replace(text.find("\"id\": 5"), 7, "\"id\": 0");
  EXPECT_EQ(check(text).count(kIdZero), 1);
  EXPECT_EQ(check(text).errors(), 0);
  text.replace(text.find("\"id\": 0"), 7, "\"id\": \"0\"");
  EXPECT_EQ(check(text).count(kIdZero), 1) << "for pycocotools the text is the same";
  EXPECT_EQ(check(text).count(kTextId), 1);
}

TEST_F(CocoRealExports, NamesWithNulAreRefused) {
  auto text = with("\"bbox\": [1, 2, 3, 4]");
  expect_said(error_of([&] { load(text.replace(text.find("a.jpg"), 5, "a.jpg\\u0000.txt")); }),
              {"image 1", "file_name", "NUL"});
}

}  // namespace
}  // namespace focus::test
