#include "viz/chart.h"

#include <gtest/gtest.h>

#include <cmath>
#include <regex>
#include <stdexcept>

namespace focus::viz {
namespace {

/// The numbers of an attribute in all elements of a kind, in order.
std::vector<double> attribute(const std::string& svg, const std::string& element, const std::string& name) {
  const std::regex pattern("<" + element + "[^>]* " + name + "=\"(-?[0-9.]+)\"");
  std::vector<double> values;
  for (std::sregex_iterator match(svg.begin(), svg.end(), pattern), end; match != end; ++match) {
    values.push_back(std::stod((*match)[1]));
  }
  return values;
}

TEST(Chart, TicksAreRoundAndInside) {
  EXPECT_EQ(round_ticks(0, 10, 5), (std::vector<double>{0, 2, 4, 6, 8, 10}));
  EXPECT_EQ(round_ticks(-1.1, 1.2, 5), (std::vector<double>{-1, -0.5, 0, 0.5, 1}));
  const auto small = round_ticks(0.412, 0.437, 6);
  ASSERT_EQ(small.size(), 5U);
  EXPECT_NEAR(small[0], 0.415, 1e-12);
  EXPECT_NEAR(small[4], 0.435, 1e-12);
  EXPECT_TRUE(round_ticks(1, 1, 5).empty());
  EXPECT_TRUE(round_ticks(0, std::nan(""), 5).empty());
}

TEST(Chart, PointsLieInProportion) {
  const auto svg = to_svg(LineChart{"t", "x", "y", {{"a", {{0, 1}, {1, 3}, {2, 2}}}}});
  const auto x = attribute(svg, "circle", "cx"), y = attribute(svg, "circle", "cy");
  ASSERT_EQ(x.size(), 3U);
  EXPECT_NEAR(x[1] - x[0], x[2] - x[1], 0.11);
  EXPECT_NEAR(y[0] - y[1], 2 * (y[2] - y[1]), 0.21) << "larger is higher: a smaller y";
  EXPECT_GT(y[0], y[1]);
}

TEST(Chart, WhatIsNoNumberIsLeftOut) {
  const auto svg = to_svg(LineChart{"t", "x", "y", {{"", {{0, 1}, {1, std::nan("")}, {2, 2, 0.5}}}}});
  EXPECT_EQ(attribute(svg, "circle", "cx").size(), 2U);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_THROW(to_svg(LineChart{"t", "x", "y", {{"", {{0, std::nan("")}}}}}), std::invalid_argument);
}

TEST(Chart, BarsAreAsLongAsTheirParts) {
  const auto svg =
      to_svg(BarChart{"t", "x", {"a", "b"}, {{"first", {1, 3}, 0, "4"}, {"second", {2, 0}, 0, "2"}}});
  // Two squares of the legend, then the parts; a part of nothing is not drawn.
  const auto width = attribute(svg, "rect", "width");
  ASSERT_EQ(width.size(), 5U);  // The background's is "100%".
  EXPECT_NEAR(width[3], 3 * width[2], 0.21);
  EXPECT_NEAR(width[4], 2 * width[2], 0.21);
  const auto x = attribute(svg, "rect", "x");
  EXPECT_NEAR(x[3], x[2] + width[2], 0.21) << "parts follow each other";
}

TEST(Chart, TextIsEscaped) {
  const auto svg = to_svg(BarChart{"a < b & c", "x", {""}, {{"<script>", {1}, 0, ""}}});
  EXPECT_NE(svg.find("a &lt; b &amp; c"), std::string::npos);
  EXPECT_EQ(svg.find("<script>"), std::string::npos);
}

TEST(Chart, NothingToDrawIsAnError) {
  EXPECT_THROW(to_svg(BarChart{"t", "x", {""}, {}}), std::invalid_argument);
  EXPECT_THROW(to_svg(BarChart{"t", "x", {"a", "b"}, {{"row", {1}, 0, ""}}}), std::invalid_argument);
}

}  // namespace
}  // namespace focus::viz
