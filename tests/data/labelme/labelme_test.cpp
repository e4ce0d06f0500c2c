#include "data/labelme/labelme.h"

#include <gtest/gtest.h>

#include <numbers>
#include <vector>

#include "data/dataset_files.h"

namespace focus::data {
namespace {

using test::expect_box;
using test::expect_issue;

struct Parsed {
  std::optional<VocImage> image;
  std::vector<Issue> issues;
};

Parsed parsed(const std::string& text) {
  Parsed result;
  result.image = parse_labelme(text, "a.json", [&](const Issue& issue) { result.issues.push_back(issue); });
  return result;
}

std::string with_shapes(const std::string& shapes) {
  return R"({"version": "5.4.1", "flags": {}, "imagePath": "..\\images\\a.jpg", "imageData": "AAAA",
    "imageHeight": 40, "imageWidth": 60, "shapes": [)" +
         shapes + "]}";
}

TEST(Labelme, ShapesBecomeTheBoxesAroundThem) {
  const auto [image, issues] = parsed(with_shapes(R"(
    {"label": "dog", "points": [[30.5, 20], [10, 5]], "shape_type": "rectangle", "group_id": null},
    {"label": "cat", "points": [[10, 10], [20, 10], [10, 30]], "shape_type": "polygon"},
    {"label": "ball", "points": [[20, 20], [23, 24]], "shape_type": "circle"},
    {"label": "ship", "points": [[0, 10], [10, 0], [20, 10], [10, 20]], "shape_type": "rotation"},
    {"label": "sea", "points": [[5, 6], [15, 26]], "shape_type": "mask", "mask": "iVBORw0KGgo="},
    {"label": "old", "points": [[1, 1], [3, 1], [3, 3]]})"));
  EXPECT_TRUE(issues.empty()) << issues[0].text;
  ASSERT_TRUE(image);
  EXPECT_EQ(image->file_name, "..\\images\\a.jpg");
  EXPECT_EQ(image->size, (nn::ImageSize{40, 60}));
  ASSERT_EQ(image->objects.size(), 6u);
  EXPECT_EQ(image->objects[0].name, "dog");
  expect_box(image->objects[0].box, 10, 5, 20.5, 15);
  expect_box(image->objects[1].box, 10, 10, 10, 20);
  EXPECT_NEAR(image->objects[1].box.area, 100, 1e-9);
  expect_box(image->objects[2].box, 15, 15, 10, 10);
  EXPECT_NEAR(image->objects[2].box.area, 25 * std::numbers::pi, 1e-9);
  expect_box(image->objects[3].box, 0, 0, 20, 20);
  EXPECT_NEAR(image->objects[3].box.area, 200, 1e-9);
  expect_box(image->objects[4].box, 5, 6, 10, 20);
  expect_box(image->objects[5].box, 1, 1, 2, 2);
}

TEST(Labelme, WhatEnclosesNothingIsSaidAndLeftOut) {
  for (const char* kind : {"point", "line", "linestrip", "points"}) {
    const auto [image, issues] = parsed(with_shapes(
        R"({"label": "x", "points": [[1, 2], [3, 4]], "shape_type": ")" + std::string(kind) + "\"}"));
    ASSERT_TRUE(image);
    EXPECT_TRUE(image->objects.empty());
    expect_issue(issues, IssueKind::kNoBox, "shapes[0]", {kind, "left out"});
    EXPECT_FALSE(is_error(issues[0].kind));
  }
}

TEST(Labelme, WhatCannotBeUsedIsNamed) {
  const auto issue_of_shape = [](const std::string& shape, IssueKind kind, const char* words) {
    expect_issue(parsed(with_shapes(shape)).issues, kind, "a.json: shapes[0]", {words});
  };
  issue_of_shape(R"({"points": [[1, 2], [3, 4]], "shape_type": "rectangle"})", IssueKind::kMissingField,
                 "label");
  issue_of_shape(R"({"label": "x", "shape_type": "rectangle"})", IssueKind::kMissingField, "points");
  issue_of_shape(R"({"label": "x", "points": [[1, "2"], [3, 4]]})", IssueKind::kWrongType, "two numbers");
  issue_of_shape(R"({"label": "x", "points": [[1e300, 2], [3, 4], [5, 6]]})", IssueKind::kNotFinite,
                 "cannot lie in an image");
  issue_of_shape(R"({"label": "x", "points": [[1, 2]], "shape_type": "rectangle"})", IssueKind::kBadLine,
                 "one point");
  issue_of_shape(R"({"label": "x", "points": [[1, 2], [2, 3]], "shape_type": "polygon"})",
                 IssueKind::kBadLine, "2 points");
  issue_of_shape(R"({"label": "x", "points": [[1, 2]], "shape_type": "circle"})", IssueKind::kBadLine,
                 "1 points");
  issue_of_shape("7", IssueKind::kWrongType, "not an object");
  for (const char* text : {"", "{", "[]", "{}", "null", R"({"shapes": 3})"}) {
    const auto [image, issues] = parsed(text);
    EXPECT_FALSE(image) << text;
    EXPECT_EQ(issues.size(), 1u) << text;
  }
  expect_issue(parsed(R"({"shapes": )" + std::string(500, '[')).issues, IssueKind::kNotJson, "a.json",
               {"deeper"});
}

TEST(Labelme, ASizeThatIsNotStatedIsAskedOfTheImage) {
  EXPECT_FALSE(parsed(R"({"shapes": [], "imageHeight": null, "imageWidth": null})").image->size);
  EXPECT_FALSE(parsed(R"({"shapes": []})").image->size);
  EXPECT_FALSE(parsed(R"({"shapes": [], "imageHeight": 0, "imageWidth": 4})").image->size);
}

}  // namespace
}  // namespace focus::data
