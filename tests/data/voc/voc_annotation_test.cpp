#include "data/voc/voc_annotation.h"

#include "data/opencv/dataset_images.h"

namespace {

using namespace focus::test;
using focus::data::Issue;
using focus::data::VocImage;
using enum focus::data::IssueKind;

const std::string kGoodVoc = R"(<?xml version="1.0"?>
<annotation>
  <folder>VOC2007</folder>
  <filename>a.jpg</filename>
  <size><width>200</width><height>100</height><depth>3</depth></size>
  <object>
    <name>cat</name>
    <difficult>0</difficult>
    <bndbox><xmin>1</xmin><ymin>11</ymin><xmax>200</xmax><ymax>20</ymax></bndbox>
    <part><name>head</name><bndbox><xmin>5</xmin><ymin>5</ymin><xmax>6</xmax><ymax>6</ymax></bndbox></part>
  </object>
  <object>
    <name> tom &amp; jerry </name><difficult>1</difficult>
    <bndbox><xmax>7.5</xmax><xmin>3.25</xmin><ymin>4</ymin><ymax>4</ymax></bndbox>
  </object>
</annotation>
)";

struct ParsedVoc {
  std::optional<VocImage> image;
  std::vector<Issue> issues;
};

ParsedVoc parse_voc(const std::string& text) {
  ParsedVoc parsed;
  parsed.image =
      focus::data::parse_voc_annotation(text, "a.xml", [&](const Issue& i) { parsed.issues.push_back(i); });
  return parsed;
}

ParsedVoc parse_voc_with(const std::string& from, const std::string& to) {
  std::string text = kGoodVoc;
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return parse_voc(text.replace(at, from.size(), to));
}

TEST(VocAnnotation, CornersCountFromOneAndBelongToTheBox) {
  const auto parsed = parse_voc(kGoodVoc);
  EXPECT_TRUE(parsed.issues.empty());
  ASSERT_TRUE(parsed.image);
  EXPECT_EQ(parsed.image->file_name, "a.jpg");
  EXPECT_EQ(parsed.image->size, (focus::nn::ImageSize{100, 200}));
  ASSERT_EQ(parsed.image->objects.size(), 2u) << "parts are no objects";
  const auto& [cat, jerry] = std::pair(parsed.image->objects[0], parsed.image->objects[1]);
  EXPECT_EQ(cat.name, "cat");
  EXPECT_FALSE(cat.box.crowd);
  expect_box(cat.box, 0, 10, 200, 10);
  EXPECT_EQ(cat.box.area, 2000);
  EXPECT_EQ(jerry.name, "tom & jerry");
  EXPECT_TRUE(jerry.box.crowd) << "difficult";
  expect_box(jerry.box, 2.25, 3, 5.25, 1);
}

TEST(VocAnnotation, WhatMayBeMissing) {
  EXPECT_TRUE(parse_voc("<annotation/>").image);
  EXPECT_FALSE(parse_voc("<annotation/>").image->size);
  EXPECT_FALSE(parse_voc_with("<width>200</width><height>100</height>", "<width>0</width><height>0</height>")
                   .image->size);
  const auto parsed = parse_voc_with("<difficult>0</difficult>", "");
  EXPECT_TRUE(parsed.issues.empty());
  EXPECT_FALSE(parsed.image->objects.at(0).box.crowd);
  EXPECT_EQ(parse_voc_with("<filename>a.jpg", "<filename>/home/me/b.jpg").image->file_name, "b.jpg");
}

TEST(VocAnnotation, WrongFieldsNameTheirObject) {
  const auto refused = [](const std::string& from, const std::string& to, focus::data::IssueKind kind,
                          std::initializer_list<std::string> words) {
    SCOPED_TRACE(to);
    const auto parsed = parse_voc_with(from, to);
    expect_issue(parsed.issues, kind, "a.xml:6", words);
    ASSERT_TRUE(parsed.image);
    EXPECT_EQ(parsed.image->objects.size(), 1u) << "the other object is read";
  };
  refused("<xmin>1</xmin>", "", kMissingField, {"'cat'", "'xmin'", "bndbox"});
  refused("<bndbox><xmin>1", "<box><xmin>1</xmin></box><bndbox><xmin>", kMissingField, {"'xmin'"});
  refused("<name>cat</name>", "", kMissingField, {"no 'name'"});
  refused("<name>cat</name>", "<name> </name>", kMissingField, {"no 'name'"});
  refused("<ymax>20", "<ymax>many", kWrongType, {"'ymax'", "'many'"});
  refused("<ymax>20", "<ymax>nan", kNotFinite, {"'nan'"});
  refused("<ymax>20", "<ymax>-inf", kNotFinite, {"'-inf'"});
  refused("<ymax>20", "<ymax>1e999", kNotFinite, {"'1e999'"});
  refused("<ymax>20", "<ymax>1e200", kWrongType, {"'1e200'"});
  refused("<ymax>20", "<ymax>9", kNegativeSize, {"1, 11 and 200, 9", "less than"});
  refused("<difficult>0", "<difficult>perhaps", kWrongType, {"'difficult'", "'perhaps'"});
}

TEST(VocAnnotation, ImpossibleImageSizes) {
  for (const std::string width : {"-5", "0", "1.5", "nan", "wide", "", "99999999999", "200000000"}) {
    const auto parsed = parse_voc_with("<width>200", "<width>" + width);
    expect_issue(parsed.issues, kBadImageSize, "a.xml:5", {"'width' and 'height'", "'" + width + "'"});
    EXPECT_FALSE(parsed.image->size);
  }
}

TEST(VocAnnotation, NotXml) {
  const auto refused = [](const std::string& text, const std::string& entry, const std::string& words) {
    SCOPED_TRACE(text.substr(0, 80));
    const auto parsed = parse_voc(text);
    EXPECT_FALSE(parsed.image);
    expect_issue(parsed.issues, kNotXml, entry, {words});
  };
  refused("", "a.xml:1", "not XML");
  refused("hello", "a.xml:1", "not XML");
  refused(encoded(noise(8, 8)), "", "not XML");
  refused("<html><body/></html>", "a.xml", "root element is 'html'");
  refused("<annotation>\n<object>\n</annotation>", "a.xml:3", "not XML");
  refused("{\"images\": []}", "a.xml:1", "not XML");
}

TEST(VocAnnotation, EveryTruncationIsAnError) {
  for (size_t length = 0; length + 2 < kGoodVoc.size(); ++length) {
    EXPECT_FALSE(parse_voc(kGoodVoc.substr(0, length)).issues.empty()) << length;
  }
}

TEST(VocAnnotation, EntitiesAreNotExpanded) {
  std::string bomb = "<!DOCTYPE annotation [<!ENTITY a0 \"ha\">";
  for (int i = 1; i < 30; ++i) {
    const auto before = "&a" + std::to_string(i - 1) + ";";
    bomb += "<!ENTITY a" + std::to_string(i) + " \"" + before + before + "\">";
  }
  bomb += "<!ENTITY file SYSTEM \"file:///etc/passwd\">]>";
  const auto parsed = parse_voc(bomb + "<annotation><filename>&a29;&file;</filename></annotation>");
  ASSERT_TRUE(parsed.image);
  EXPECT_EQ(parsed.image->file_name, "&a29;&file;");
}

TEST(VocAnnotation, DeepAndWideFilesEnd) {
  std::string deep = "<annotation>";
  for (int i = 0; i < 500000; ++i) deep += "<a>";
  EXPECT_FALSE(parse_voc(deep).image);
  for (int i = 0; i < 500000; ++i) deep += "</a>";
  EXPECT_TRUE(parse_voc(deep + "</annotation>").image);
  std::string wide = "<annotation>";
  for (int i = 0; i < 100000; ++i) wide += "\n<object/>";
  EXPECT_EQ(parse_voc(wide + "</annotation>").issues.size(), 100000u);
}

}  // namespace
