// Boxes in other orders and units: right, or refused in plain words.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "eval/street.h"

namespace focus::test {
namespace {

using namespace eval;
using nlohmann::json;

struct Written {
  const char* words;
  const char* option;  ///< Empty: there is none, it is to be rewritten.
  std::function<std::array<double, 4>(const std::array<double, 4>&, nn::ImageSize)> box;
};

const std::vector<Written>& ways_to_write_boxes() {
  const auto fraction = [](const std::array<double, 4>& b, nn::ImageSize s) {
    return scaled(b, 1.0 / static_cast<double>(s.width), 1.0 / static_cast<double>(s.height));
  };
  static const std::vector<Written> all{
      {"[x1, y1, x2, y2] in pixels", "xyxy", [](const auto& b, auto) { return corners(b); }},
      {"[centre x, centre y, width, height] in pixels", "cxcywh",
       [](const auto& b, auto) { return centred(b); }},
      {"fractions", "xywh-normalized", fraction},
      {"fractions", "xyxy-normalized", [=](const auto& b, auto s) { return fraction(corners(b), s); }},
      {"fractions", "cxcywh-normalized", [=](const auto& b, auto s) { return fraction(centred(b), s); }},
      {"[y1, x1, y2, x2] in pixels", "",
       [](const auto& b, auto) {
         const auto c = corners(b);
         return std::array<double, 4>{c[1], c[0], c[3], c[2]};
       }},
      {"[y1, x1, y2, x2] in thousandths", "",
       [=](const auto& b, auto s) {
         const auto c = scaled(fraction(corners(b), s), 1000, 1000);
         return std::array<double, 4>{c[1], c[0], c[3], c[2]};
       }},
      {"[x1, y1, x2, y2] in pixels of the image stretched to 320 x 320", "",
       [=](const auto& b, auto s) { return scaled(fraction(corners(b), s), 320, 320); }},
      {"[x, y, width, height] in pixels of the image resized to 416", "",
       [](const auto& b, auto) { return scaled(b, 416.0 / 640, 416.0 / 640); }},
      {"[x, y, width, height] in pixels of the image resized to 1280 and padded to a square", "",
       [](const auto& b, auto s) {
         auto box = scaled(b, 2, 2);
         box[0] += 640 - static_cast<double>(s.width), box[1] += 640 - static_cast<double>(s.height);
         return box;
       }},
  };
  return all;
}

TEST(ResultsBoxes, BoxesInOtherWordsAreRefusedAndNamed) {
  for (const int64_t images : {1, 2, 12, 60}) {
    const Street street(images);
    for (const auto& way : ways_to_write_boxes()) {
      if (images == 1 && std::string(way.words).find("of the image ") != std::string::npos)
        continue;  // Portraits tell.
      const auto text = street
                            .as([&](json& e, const Street::Box& box) {
                              e["bbox"] = way.box(box.xywh, street.image(box.image).size);
                            })
                            .dump();
      SCOPED_TRACE(std::to_string(images) + " images, " + way.words + " " + way.option);
      const auto said = measure(street, text);
      if (images >= 12) {
        expect_said(said, {"'bbox'", way.words, way.option, "--boxes xywh"});
      } else {
        expect_warned(said, {"warning: field 'bbox'", way.words, way.option});
      }
      if (*way.option == '\0') continue;
      for (const auto& layout : kStatableLayouts) {
        if (name_of(layout) == way.option) expect_perfect(measure(street, text, {.boxes = layout}));
      }
    }
  }
}

TEST(ResultsBoxes, CornersThatLeaveNoSizeAreRefused) {
  const Street street;
  auto list = street.as([](json& e, const auto& box) { e["bbox"] = corners(box.xywh); });
  list[3]["bbox"] = {50, 50, 40, 60};
  expect_said(measure(street, list.dump(), {.boxes = {BoxOrder::kXyxy}}),
              {"results[3]", "[50, 50, 40, 60]", "negative size"});
  auto negative = street.as(kAsTheyAre);
  negative[2]["bbox"] = {50, 50, -4, 60};
  expect_said(measure(street, negative.dump()), {"results[2]", "size -4 x 60", "[x, y, width, height]"});
}

/// A poor detector's boxes are poor, not of another layout.
TEST(ResultsBoxes, PoorBoxesAreMeasured) {
  for (const int64_t images : {1, 12, 60}) {
    const Street street(images);
    double shift = 0;
    const auto poor =
        measure(street, street
                            .as([&](json& e, const Street::Box& box) {
                              shift = shift > 40 ? -40 : shift + 13;
                              e["bbox"] = {box.xywh[0] + shift, box.xywh[1] - shift / 2, 80, 90};
                            })
                            .dump());
    EXPECT_GE(poor.ap, 0) << poor.error;
    EXPECT_LT(poor.ap, 0.8);
  }
}

TEST(ResultsBoxes, BoxesAreFourNumbers) {
  const Street street;
  for (const auto& [value, word] : {std::pair<json, const char*>{nullptr, "'bbox' is null"},
                                    {{1, 2, 3, nullptr}, "'bbox[3]' is null"},
                                    {{1, 2, "3", 4}, "'bbox[2]' is \"3\""},
                                    {{{1, 2, 3, 4}}, "'bbox' is a list of 1"},
                                    {{{"x", 1}}, "'bbox' is an object"},
                                    {"1 2 3 4", "'bbox' is \"1 2 3 4\""}}) {
    auto list = street.as(kAsTheyAre);
    list[4]["bbox"] = value;
    expect_said(measure(street, list.dump()), {"results[4]", word});
  }
}

/// What few or special boxes may look like by chance is measured.
TEST(ResultsBoxes, FewOrSpecialBoxesAreNotRefused) {
  const auto one = [](nn::ImageSize size, const Numbers& truth, const Numbers& found) {
    return with_boxes(street_of({{size, {truth}}}), [&](const auto&, auto) { return found; });
  };
  EXPECT_GE(one({480, 640}, {0, 0, 640, 480}, {0, 0, 512, 384}).ap, 0);
  expect_warned(one({480, 640}, {10, 20, 30, 30}, {10, 20, 40, 50}), {"--boxes xyxy"});
  expect_perfect(one({480, 640}, {1, 1, 1, 1}, {1, 1, 1, 1}));
  EXPECT_GE(one({4000, 4000}, {100, 100, 50, 50}, {0.5, 0.5, 1, 1.5}).ap, 0);
  // The next class, once.
  const auto single = street_of({{{480, 640}, {{50, 60, 70, 80}}}});
  expect_warned(measure(single, single.as([](json& e, const auto&) { e["category_id"] = 1; }).dump()),
                {"--category-ids from-zero"});
  // A quarter of the image, found too far right and down.
  const auto quarters = street_of({{{400, 400}, {{0, 0, 200, 200}, {0, 0, 202, 198}, {2, 0, 200, 200}}}});
  EXPECT_GE(with_boxes(quarters, [](const auto&, auto) { return Numbers{100, 100, 200, 200}; }).ap, 0);
  // Twenty images with one object near the corner, and a detector that finds all too large.
  for (const double factor : {1.3, 1.6, 2.0}) {
    std::vector<std::pair<nn::ImageSize, std::vector<Numbers>>> images;
    for (int i = 0; i < 20; ++i) {
      const double side = 100 + 13 * i;
      images.push_back({{480, 640}, {{0.1 * (i % 5), 0.3 * (i % 4), side, 0.6 * side}}});
    }
    const auto corner = street_of(images);
    EXPECT_GE(with_boxes(corner,
                         [&](const auto& b, auto) {
                           return Numbers{b[0], b[1], factor * b[2], factor * b[3]};
                         })
                  .ap,
              0)
        << factor;
    EXPECT_GE(with_boxes(corner, [&](const auto& b, auto) { return scaled(b, factor, factor); }).ap, 0)
        << factor;
  }
  // Everything one class lower is a mistake that a detector of one class makes.
  const auto varied = varied_street(30);
  EXPECT_GE(measure(varied, varied
                                .as([](json& e, const auto& b) {
                                  e["category_id"] = 1, e["score"] = b.category == 2 ? 0.9 : 0.1;
                                })
                                .dump())
                .ap,
            0);
}

TEST(ResultsBoxes, CornersOnePixelOffAreSaid) {
  const auto street = varied_street(10);
  expect_warned(with_boxes(street,
                           [](const auto& b, auto) {
                             return Numbers{b[0] + 1, b[1] + 1, b[2] - 1, b[3] - 1};
                           }),
                {"30 of 30 boxes", "one pixel", "--voc-corners plain"});
  expect_warned(with_boxes(street,
                           [](const auto& b, auto) {
                             return Numbers{b[0] - 1, b[1] - 1, b[2] + 1, b[3] + 1};
                           }),
                {"one pixel", "--voc-corners kit"});
}

/// A real detector's boxes are not exact; what else they are is clear all the same, of many.
TEST(ResultsBoxes, InexactBoxesOfAnotherLayoutAreRefused) {
  const auto street = varied_street(40);
  double off = 0;
  const auto inexact = [&](const Numbers& b) {
    off = off > 0.1 ? -0.12 : off + 0.07;
    return Numbers{b[0] + off * b[2], b[1] - off * b[3], b[2] * (1 - off), b[3] * (1 + off)};
  };
  EXPECT_EQ(with_boxes(street, [&](const auto& b, auto) { return inexact(b); }).notes, "");
  expect_said(with_boxes(street, [&](const auto& b, auto) { return corners(inexact(b)); }), {"--boxes xyxy"});
  expect_said(with_boxes(street,
                         [&](const auto& b, auto s) {
                           const auto longer = static_cast<double>(std::max(s.width, s.height));
                           return scaled(inexact(b), 608 / longer, 608 / longer);
                         }),
              {"resized to 6", "at its longer side"});
  // A class too low as well.
  expect_said(measure(street, street
                                  .as([&](json& e, const auto& b) {
                                    e["bbox"] = inexact(b.xywh), e["category_id"] = b.category - 1;
                                  })
                                  .dump()),
              {"--category-ids from-zero"});
}

}  // namespace
}  // namespace focus::test
