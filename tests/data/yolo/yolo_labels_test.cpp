#include "data/yolo/yolo_labels.h"

#include <clocale>

#include "data/dataset_files.h"

namespace {

using namespace focus::test;
using focus::data::Annotation;
using focus::data::Issue;
using focus::data::parse_yolo_labels;
using enum focus::data::IssueKind;

constexpr focus::nn::ImageSize kLabelledSize{100, 200};  // Height and width.

struct ParsedLabels {
  std::vector<Annotation> boxes;
  std::vector<Issue> issues;
};

ParsedLabels parse_lines(const std::string& text, int64_t classes = 3) {
  ParsedLabels parsed;
  parsed.boxes = focus::data::parse_yolo_labels(text, "a.txt", kLabelledSize, classes,
                                                [&](const Issue& i) { parsed.issues.push_back(i); });
  return parsed;
}

void expect_line_refused(const std::string& line, focus::data::IssueKind kind,
                         std::initializer_list<std::string> words) {
  SCOPED_TRACE(line.substr(0, 100));
  const auto parsed = parse_lines("0 0.5 0.5 0.1 0.1\n" + line + "\n1 0.5 0.5 0.1 0.1\n");
  EXPECT_EQ(parsed.boxes.size(), 2u) << "the other lines are read";
  expect_issue(parsed.issues, kind, "a.txt:2", words);
}

TEST(YoloLabels, FractionsBecomePixels) {
  const auto parsed = parse_lines("2 0.5 0.5 0.25 0.5\n\n0\t0.1 0.2  0.2 0.1 \r\n");
  EXPECT_TRUE(parsed.issues.empty());
  ASSERT_EQ(parsed.boxes.size(), 2u);
  EXPECT_EQ(parsed.boxes[0].label, 2);
  expect_box(parsed.boxes[0], 75, 25, 50, 50);
  EXPECT_NEAR(parsed.boxes[0].area, 2500, 1e-9);
  EXPECT_FALSE(parsed.boxes[0].crowd);
  EXPECT_EQ(parsed.boxes[1].label, 0);
  expect_box(parsed.boxes[1], 0, 15, 40, 10);
}

TEST(YoloLabels, WhatOtherProgramsWrite) {
  EXPECT_TRUE(parse_lines("").boxes.empty());
  EXPECT_TRUE(parse_lines(" \n\r\n").boxes.empty());
  EXPECT_EQ(parse_lines("\xEF\xBB\xBF"
                        "1 0.5 0.5 0.1 0.1")
                .boxes.size(),
            1u)
      << "Windows' editors begin files with a byte order mark";
  EXPECT_EQ(parse_lines("1.0 5e-1 .5 0.1 1").boxes.size(), 1u);
}

TEST(YoloLabels, AnOutlineHasItsBoxAndItsOwnArea) {
  const auto parsed = parse_lines("1 0.1 0.2 0.5 0.2 0.1 0.6\n1 0.1 0.6 0.5 0.6 0.5 0.2 0.1 0.2");
  EXPECT_TRUE(parsed.issues.empty());
  ASSERT_EQ(parsed.boxes.size(), 2u);
  expect_box(parsed.boxes[0], 20, 20, 80, 40);
  EXPECT_NEAR(parsed.boxes[0].area, 1600, 1e-9) << "a triangle has half of its box";
  expect_box(parsed.boxes[1], 20, 20, 80, 40);
  EXPECT_NEAR(parsed.boxes[1].area, 3200, 1e-9) << "corners may go round either way";
}

TEST(YoloLabels, RoundingIsClippedAndMoreIsKept) {
  const auto near = parse_lines("0 0.05 0.5 0.108 0.2").boxes.at(0);
  expect_box(near, 0, 40, 20.8, 20);
  EXPECT_NEAR(near.area, 416, 1e-9);
  const auto far = parse_lines("0 0.0 0.5 0.2 0.2").boxes.at(0);
  expect_box(far, -20, 40, 40, 20);
}

TEST(YoloLabels, WrongCounts) {
  expect_line_refused("0 0.5 0.5 0.1", kBadLine, {"5 numbers expected, found 4", "class centre_x"});
  expect_line_refused("0", kBadLine, {"found 1"});
  expect_line_refused("0 0.5 0.5 0.1 0.1 0.9", kBadLine, {"6 numbers", "0.9", "confidence"});
  expect_line_refused("0 0.5 0.5 0.1 0.1 0.9 0.1 0.1", kBadLine, {"found 8"});
}

TEST(YoloLabels, WrongNumbers) {
  expect_line_refused("cat 0.5 0.5 0.1 0.1", kBadLine, {"found 'cat' where a number is expected"});
  expect_line_refused("0 0,5 0.5 0.1 0.1", kBadLine, {"'0,5'"});
  expect_line_refused("0 0.5 0.5 0.1x 0.1", kBadLine, {"'0.1x'"});
  expect_line_refused("0 0x1p-1 0.5 0.1 0.1", kBadLine, {"'0x1p-1'"});
  expect_line_refused(std::string("0 0.5 \0\x01 0.1 0.1", 17), kBadLine, {"'\?\?'"});
  expect_line_refused("0 nan 0.5 0.1 0.1", kNotFinite, {"'nan'"});
  expect_line_refused("0 0.5 0.5 -inf 0.1", kNotFinite, {"'-inf'"});
  expect_line_refused("0 0.5 0.5 1e999 0.1", kNotFinite, {"'1e999'"});
  expect_line_refused("nan 0.5 0.5 0.1 0.1", kNotFinite, {"'nan'"});
  expect_line_refused("0 320 0.5 0.1 0.1", kBadLine, {"320", "fractions", "divide pixels"});
  expect_line_refused("0 0.5 0.5 1e300 1e300", kBadLine, {"fractions"});
  expect_line_refused("0 0.1 0.1 0.5 0.1 0.1 -7", kBadLine, {"-7", "fractions"});
}

TEST(YoloLabels, WrongClasses) {
  expect_line_refused("-1 0.5 0.5 0.1 0.1", kUnknownCategory, {"class -1", "from 0"});
  expect_line_refused("0.5 0.5 0.5 0.1 0.1", kUnknownCategory, {"class 0.5"});
  expect_line_refused("3 0.5 0.5 0.1 0.1", kUnknownCategory, {"class 3", "3 names"});
  expect_line_refused("1e300 0.5 0.5 0.1 0.1", kUnknownCategory, {"3 names"});
}

TEST(YoloLabels, WithoutSize) {
  expect_line_refused("0 0.5 0.5 0.1 -0.1", kNegativeSize, {"0.1 x -0.1", "negative"});
  // Boxes without area are kept in every format: the check warns of them, and training leaves them out.
  for (const char* line : {"0 0.5 0.5 0 0.1", "0 0.5 0.5 0.1 0", "0 0.5 0.5 0.5 0.5 0.5 0.5"}) {
    std::vector<Issue> issues;
    const auto boxes =
        parse_yolo_labels(line, "a.txt", {100, 200}, 3, [&](const Issue& i) { issues.push_back(i); });
    EXPECT_TRUE(issues.empty()) << line;
    ASSERT_EQ(boxes.size(), 1u) << line;
    EXPECT_EQ(boxes[0].width * boxes[0].height, 0) << line;
  }
}

TEST(YoloLabels, BoxesBesideOutlinesAreSaid) {
  const std::string box = "0 0.5 0.5 0.1 0.1\n", outline = "1 0.1 0.1 0.5 0.1 0.5 0.5\n";
  const auto issues_of = [](const std::string& text) {
    std::vector<Issue> issues;
    parse_yolo_labels(text, "a.txt", {100, 200}, 3, [&](const Issue& i) { issues.push_back(i); });
    return issues;
  };
  expect_issue(issues_of(box + outline + box), kMixedLabels, "a.txt",
               {"2 boxes", "1 outlines", "Ultralytics"});
  EXPECT_TRUE(issues_of(box + box).empty());
  EXPECT_TRUE(issues_of(outline + outline).empty());
  EXPECT_FALSE(is_error(kMixedLabels));
}

TEST(YoloLabels, AbsurdLinesAreNamedNotPrinted) {
  expect_line_refused(std::string(1 << 21, '1'), kBadLine, {"2.0 MiB", "too long"});
  expect_line_refused("0 " + std::string(100000, 'x') + " 0.5 0.1 0.1", kBadLine, {"..."});
}

}  // namespace
