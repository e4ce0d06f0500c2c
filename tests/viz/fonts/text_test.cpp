// Names of classes in the scripts that people write them in.
#include "viz/text.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <opencv2/imgproc.hpp>

#include "support/temporary_folder.h"
#include "viz/code_points.h"
#include "viz/draw.h"
#include "viz/fonts/glyphs.h"

namespace {

using focus::viz::Glyphs;

// A name in each script; the Korean one also as some file systems spell it, letter by letter.
const char* const kNames[] = {"Überzug größer",   "Łódź çŞğİ ñandú",  "Θάλασσα και ψάρι",
                              "Собака Ёж Їжак",   "汽车 行人 自行车", "機車 與 腳踏車",
                              "くるま カメラ 犬", "쌀밥 자동차 뚫",   "\u110A\u1161\u11AF\u1107\u1161\u11B8"};

cv::Mat drawn(const std::string& text) {
  const focus::viz::TextStyle style{1, 2};
  const auto extent = focus::viz::measure_text(text, style);
  cv::Mat image(60, extent.width + 20, CV_8UC3, cv::Scalar::all(0));
  focus::viz::draw_text(image, text, {10, 40}, style, cv::Scalar::all(255));
  return image;
}

TEST(Text, EveryCharacterHasAShapeOfItsOwn) {
  if (!Glyphs::of_system().has(U'쌀') || !Glyphs::of_system().has(U'Θ')) {
    GTEST_SKIP() << "this system lacks fonts; scripts/install-deps installs them";
  }
  // No font has a shape for what is no character; what fonts draw in its place is the box to look for.
  EXPECT_FALSE(Glyphs::of_system().has(U'\U0010FFFE'));
  for (const char* name : kNames) {
    testing::internal::CaptureStderr();
    std::vector<cv::Mat> shapes;
    for (const char32_t c : focus::viz::code_points(name)) {
      if (c == U' ') continue;
      ASSERT_TRUE(Glyphs::of_system().has(c)) << name << ": " << std::hex << static_cast<uint32_t>(c);
      cv::Mat shape(80, 80, CV_8UC3, cv::Scalar::all(0));
      Glyphs::of_system().draw(shape, {c}, {20, 50}, 1, cv::Scalar::all(255));
      EXPECT_GT(cv::sum(shape)[0], 0) << name;
      shapes.push_back(shape);
    }
    // Boxes for what is missing would be all alike.
    for (size_t i = 0; i < shapes.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        const auto text = focus::viz::code_points(name);
        std::u32string letters;
        for (const char32_t c : text) {
          if (c != U' ') letters += c;
        }
        if (letters[i] == letters[j]) continue;
        EXPECT_GT(cv::norm(shapes[i], shapes[j]), 0) << name << i << j;
      }
    }
    drawn(name);
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "") << "there is nothing to complain of";
  }
}

TEST(Text, LettersThatFileSystemsKeepApartAreJoined) {
  EXPECT_EQ(focus::viz::code_points("\u110A\u1161\u11AF\u1107\u1161\u11B8"), U"쌀밥");
  EXPECT_EQ(focus::viz::code_points("a\tb\nc"), U"a b c");
  EXPECT_EQ(focus::viz::code_points("x\uFE0F\u200By\uFEFF"), U"xy");
}

TEST(Text, WhatIsNoUtf8IsReplaced) {
  EXPECT_EQ(focus::viz::code_points("a\xFCz"), U"a\uFFFDz") << "Latin-1";
  EXPECT_EQ(focus::viz::code_points("\xE2\x82"), U"\uFFFD") << "cut off";
  EXPECT_EQ(focus::viz::code_points("\xC0\x80"), U"\uFFFD") << "longer than need be";
  EXPECT_EQ(focus::viz::code_points("\xED\xA0\x80"), U"\uFFFD") << "half a pair of UTF-16";
  EXPECT_EQ(focus::viz::code_points("\xF4\x90\x80\x80"), U"\uFFFD") << "beyond Unicode";
  drawn("a\xFCz");
}

TEST(Text, LiesWithinWhatIsMeasured) {
  for (const char* name : {"Überzug größer 93%", "쌀밥 93%", "ψάρι 汽车"}) {
    for (const double scale : {0.38, 1.0, 2.5}) {
      const focus::viz::TextStyle style{scale, 1};
      const auto extent = focus::viz::measure_text(name, style);
      cv::Mat image(300, extent.width + 100, CV_8UC1, cv::Scalar::all(0)), colour;
      cv::cvtColor(image, colour, cv::COLOR_GRAY2BGR);
      focus::viz::draw_text(colour, name, {50, 150}, style, cv::Scalar::all(255));
      cv::cvtColor(colour, image, cv::COLOR_BGR2GRAY);
      const cv::Rect ink = cv::boundingRect(image),
                     measured(48, 150 - extent.above - 2, extent.width + 4, extent.above + extent.below + 5);
      EXPECT_EQ(ink & measured, ink) << name << ' ' << scale;
      EXPECT_GT(ink.height, 0);
    }
  }
}

TEST(Text, IsCutOffAtTheImage) {
  cv::Mat image(20, 20, CV_8UC3, cv::Scalar::all(0));
  for (const cv::Point start :
       {cv::Point(-15, 3), cv::Point(15, 25), cv::Point(-500, 10), cv::Point(5, -90)}) {
    focus::viz::draw_text(image, "쌀밥 Überzug", start, {1, 1}, cv::Scalar::all(255));
  }
}

// Fonts are looked up once, so a process of its own finds none.
TEST(TextDeathTest, WithoutFontsThatIsSaidOnceAndDrawingGoesOn) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const focus::test::TemporaryFolder folder;
  const auto config = folder.path() / "fonts.conf";
  std::ofstream(config) << "<?xml version=\"1.0\"?><fontconfig></fontconfig>";
  const auto draw_without_fonts = [&] {
    setenv("FONTCONFIG_FILE", config.c_str(), 1);
    cv::Mat ours(60, 300, CV_8UC3, cv::Scalar::all(0)), theirs = ours.clone();
    testing::internal::CaptureStderr();
    focus::viz::draw_text(ours, "쌀밥 Überzug", {5, 40}, {1, 2}, cv::Scalar::all(255));
    focus::viz::draw_text(ours, "größer", {5, 40}, {1, 2}, cv::Scalar::all(0));
    const std::string said = testing::internal::GetCapturedStderr();
    cv::putText(theirs, "?? ?berzug", {5, 40}, cv::FONT_HERSHEY_SIMPLEX, 1, cv::Scalar::all(255), 2,
                cv::LINE_AA);
    cv::putText(theirs, "gr??er", {5, 40}, cv::FONT_HERSHEY_SIMPLEX, 1, cv::Scalar::all(0), 2, cv::LINE_AA);
    const bool once =
        said.find("warning: ") != std::string::npos && said.find("warning: ") == said.rfind("warning: ");
    std::exit(once && said.find("fonts-dejavu-core") != std::string::npos && cv::norm(ours, theirs) == 0 ? 0
                                                                                                         : 1);
  };
  EXPECT_EXIT(draw_without_fonts(), testing::ExitedWithCode(0), "");
}

TEST(Text, AsciiIsDrawnAsOpenCvDrawsIt) {
  cv::Mat ours(60, 300, CV_8UC3, cv::Scalar::all(0)), theirs = ours.clone();
  focus::viz::draw_text(ours, "ring 93%", {5, 40}, {1, 2}, cv::Scalar(9, 200, 30));
  cv::putText(theirs, "ring 93%", {5, 40}, cv::FONT_HERSHEY_SIMPLEX, 1, cv::Scalar(9, 200, 30), 2,
              cv::LINE_AA);
  EXPECT_EQ(cv::norm(ours, theirs, cv::NORM_INF), 0);
}

TEST(Text, BoxesCarryTheirNames) {
  const auto with_label = [](const char* name) {
    cv::Mat image(300, 400, CV_8UC3, cv::Scalar::all(128));
    focus::viz::draw_boxes(image, std::vector<focus::viz::DrawnBox>{{50, 100, 350, 280, name, 0.9, 1}});
    return image;
  };
  EXPECT_GT(cv::norm(with_label("쌀밥"), with_label("??????")), 0) << "one '?' a byte was drawn once";
  EXPECT_GT(cv::norm(with_label("쌀밥"), with_label("쌀국")), 0);
}

}  // namespace
