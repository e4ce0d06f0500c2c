#include "data/kitti/kitti_labels.h"

#include <gtest/gtest.h>

#include <vector>

#include "data/dataset_files.h"

namespace focus::data {
namespace {

using test::expect_box;
using test::expect_issue;

struct ParsedKitti {
  VocImage image;
  std::vector<Issue> issues;
};

ParsedKitti parsed_kitti(const std::string& text) {
  ParsedKitti result;
  result.image =
      parse_kitti_labels(text, "a.txt", [&](const Issue& issue) { result.issues.push_back(issue); });
  return result;
}

// The lines that the development kit's readme describes.
constexpr const char* kCar =
    "Car 0.88 3 -0.69 0.00 192.37 402.31 374.00 1.60 1.57 3.23 -2.70 1.74 3.68 -1.29";
constexpr const char* kRegion =
    "DontCare -1 -1 -10 800.38 163.67 825.45 184.07 -1 -1 -1 -1000 -1000 -1000 -10";

TEST(KittiLabels, CornersAreEdgesFromZero) {
  const auto [image, issues] = parsed_kitti(std::string(kCar) + "\r\n\n" + kRegion + "\n" +
                                            "Person_sitting 0 0 0 1 2 3 5 1 1 1 1 1 1 1 0.75");
  EXPECT_TRUE(issues.empty());
  ASSERT_EQ(image.objects.size(), 3u);
  EXPECT_EQ(image.objects[0].name, "Car");
  expect_box(image.objects[0].box, 0, 192.37, 402.31, 374.0 - 192.37);
  EXPECT_FALSE(image.objects[0].box.crowd);
  EXPECT_TRUE(image.objects[1].any_class);
  EXPECT_TRUE(image.objects[1].box.crowd);
  expect_box(image.objects[1].box, 800.38, 163.67, 25.07, 20.4, 1e-6);
  EXPECT_EQ(image.objects[2].name, "Person_sitting");
  EXPECT_TRUE(image.scored);
  EXPECT_FALSE(parsed_kitti(kCar).image.scored);
  EXPECT_FALSE(parsed_kitti(std::string(kCar) + " 1.0").image.scored) << "as Datumaro writes";
  EXPECT_TRUE(parsed_kitti("\n \n").image.objects.empty());
  EXPECT_TRUE(parsed_kitti("dontcare 0 0 0 1 2 3 5 0 0 0 0 0 0 0").image.objects.at(0).any_class);
}

TEST(KittiLabels, TypesMayBeNumbersOrSeveralWords) {
  EXPECT_EQ(parsed_kitti("7 0 0 0 1 2 3 5 1 1 1 1 1 1 1").image.objects.at(0).name, "7");
  const auto words =
      parsed_kitti("traffic light 0 0 0 1 2 3 5 1 1 1 1 1 1 1\nbig red bus 0 0 0 1 2 3 5 1 1 1 1 1 1 1 0.5");
  ASSERT_TRUE(words.issues.empty()) << words.issues[0].text;
  EXPECT_EQ(words.image.objects.at(0).name, "traffic light");
  expect_box(words.image.objects.at(0).box, 1, 2, 2, 3);
  EXPECT_EQ(words.image.objects.at(1).name, "big red bus");
  EXPECT_TRUE(words.image.scored);
}

TEST(KittiLabels, UnknownThirdDimensionsMayBeAnything) {
  const auto [image, issues] = parsed_kitti("Car nan -1 -10 1 2 3 5 -1 -1 -1 -1000 inf -1000 -10");
  EXPECT_TRUE(issues.empty());
  EXPECT_EQ(image.objects.size(), 1u);
}

TEST(KittiLabels, WhatCannotBeUsedIsNamedByItsLine) {
  const auto after = [](const std::string& line) { return parsed_kitti(std::string(kCar) + "\n" + line); };
  const auto expect_refused = [&](const std::string& line, IssueKind kind,
                                  std::initializer_list<std::string> words) {
    SCOPED_TRACE(line);
    const auto found = after(line);
    expect_issue(found.issues, kind, "a.txt:2", words);
    EXPECT_EQ(found.image.objects.size(), 1u) << "the rest is read";
  };
  expect_refused("Car 0 0 0 1 2 3 5", IssueKind::kBadLine,
                 {"15 columns expected", "16 with a score", "found 8"});
  expect_refused("Car", IssueKind::kBadLine, {"found 1"});
  expect_refused(std::string(kCar) + " 0.5 0.5", IssueKind::kBadLine, {"found 17"});
  expect_refused("Car 0 0 0 1 x 3 5 1 1 1 1 1 1 1", IssueKind::kBadLine, {"'x'", "a number is expected"});
  expect_refused("Car 0 0 0 1 2 nan 5 1 1 1 1 1 1 1", IssueKind::kNotFinite, {"a corner of nan"});
  expect_refused("Car 0 0 0 1 2 1e999 5 1 1 1 1 1 1 1", IssueKind::kNotFinite, {"a corner of inf"});
  expect_refused("Car 0 0 0 1 2 1e300 5 1 1 1 1 1 1 1", IssueKind::kNotFinite, {"pixels of the image"});
  expect_refused("Car 0 0 0 3 2 1 5 1 1 1 1 1 1 1", IssueKind::kNegativeSize, {"corners 3, 2 and 1, 5"});
  expect_refused("0 7 Car 0 0 0 1 2 3 5 1 1 1 1 1 1 1", IssueKind::kBadLine,
                 {"17 columns", "KITTI's tracking", "third column"});
  expect_refused("0 0.5 0.5 0.1 0.1", IssueKind::kBadLine, {"15 columns expected", "found 5"});
}

TEST(KittiLabels, AreToldFromOthers) {
  EXPECT_TRUE(is_kitti_label(kCar));
  EXPECT_TRUE(is_kitti_label(std::string(kRegion) + " 0.5"));
  EXPECT_TRUE(is_kitti_label("traffic light 0.0 0 -1 1.5 2.25 31.5 22.25 -1 -1 -1 -1 -1 -1 -1 1.0"));
  EXPECT_FALSE(is_kitti_label("0 0.5 0.5 0.1 0.1"));
  EXPECT_FALSE(is_kitti_label("1 0 0 0 1 2 3 5 1 1 1 1 1 1 1")) << "an outline of seven points";
  EXPECT_FALSE(is_kitti_label("P0: 7.2e+02 0 6.1e+02 0 0 7.2e+02 1.7e+02 0 0 0 1 0")) << "a calibration";
  EXPECT_FALSE(is_kitti_label("Car"));
  EXPECT_FALSE(is_kitti_label("the words of a readme that has in all fifteen words in a line"));
}

}  // namespace
}  // namespace focus::data
