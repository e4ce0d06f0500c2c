// Boxes of images that were resized, padded or turned: refused in plain words.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "eval/street.h"

namespace focus::test {
namespace {

using namespace eval;
using nlohmann::json;

TEST(ResultsOfChangedImages, AnySizeOfAResizedImageIsNamed) {
  const auto street = varied_street(20);
  expect_perfect(with_boxes(street, [](const auto& b, auto) { return b; }));
  for (const int side : {90, 128, 300, 384, 448, 600, 608, 720, 1333}) {
    const auto said = [&](const std::string& words, const auto& box) {
      SCOPED_TRACE(words);
      expect_said(with_boxes(street, box), {"'bbox'", words.c_str(), "--boxes xywh"});
    };
    const auto resized = [&](const auto& b, double from) { return scaled(b, side / from, side / from); };
    const auto width = [](nn::ImageSize s) { return static_cast<double>(s.width); };
    const auto height = [](nn::ImageSize s) { return static_cast<double>(s.height); };
    said(fmt::format("resized to {} at its longer side", side),
         [&](const auto& b, auto s) { return resized(b, std::max(width(s), height(s))); });
    said(fmt::format("resized to {} at its shorter side", side),
         [&](const auto& b, auto s) { return corners(resized(b, std::min(width(s), height(s)))); });
    said(fmt::format("stretched to {0} x {0}", side),
         [&](const auto& b, auto s) { return scaled(b, side / width(s), side / height(s)); });
    said(fmt::format("resized to {} and padded to a square", side), [&](const auto& b, auto s) {
      const double longer = std::max(width(s), height(s));
      return resized(Numbers{b[0] + (longer - width(s)) / 2, b[1] + (longer - height(s)) / 2, b[2], b[3]},
                     longer);
    });
  }
}

TEST(ResultsOfChangedImages, OtherResizingsAreNamed) {
  const auto street = varied_street(20);
  expect_said(with_boxes(street,
                         [](const auto& b, auto s) {
                           return scaled(b, 640.0 / static_cast<double>(s.width),
                                         384.0 / static_cast<double>(s.height));
                         }),
              {"stretched to 640 x 384"});
  expect_said(with_boxes(street, [](const auto& b, auto) { return scaled(b, 0.5, 0.5); }),
              {"resized by the factor 0.5"});
  expect_said(with_boxes(street,
                         [](const auto& b, auto s) {
                           const auto w = static_cast<double>(s.width), h = static_cast<double>(s.height);
                           const double factor = std::min(800 / std::min(w, h), 1333 / std::max(w, h));
                           return scaled(b, factor, factor);
                         }),
              {"resized to 800 at its shorter side, but at most 1333 at its longer"});
}

TEST(ResultsOfChangedImages, TurnedImagesAndOtherOrdersAreNamed) {
  const auto street = varied_street(20);
  using Size = nn::ImageSize;
  const auto w = [](Size s) { return static_cast<double>(s.width); };
  const auto h = [](Size s) { return static_cast<double>(s.height); };
  const auto said = [&](const char* words, const char* advice, const auto& box) {
    SCOPED_TRACE(words);
    expect_said(with_boxes(street, box), {words, advice});
  };
  said("by 90 degrees clockwise", "--exif-orientation", [&](const auto& b, Size s) {
    return Numbers{h(s) - b[1] - b[3], b[0], b[3], b[2]};
  });
  said("by 90 degrees anticlockwise", "--exif-orientation", [&](const auto& b, Size s) {
    return Numbers{b[1], w(s) - b[0] - b[2], b[3], b[2]};
  });
  said("by 180 degrees", "--exif-orientation", [&](const auto& b, Size s) {
    return Numbers{w(s) - b[0] - b[2], h(s) - b[1] - b[3], b[2], b[3]};
  });
  said("mirrored left to right", "top left corner", [&](const auto& b, Size s) {
    return Numbers{w(s) - b[0] - b[2], b[1], b[2], b[3]};
  });
  said("bottom left corner", "top left corner", [&](const auto& b, Size s) {
    return Numbers{b[0], h(s) - b[1] - b[3], b[2], b[3]};
  });
  said("in percent", "write them", [&](const auto& b, Size s) { return scaled(b, 100 / w(s), 100 / h(s)); });
  said("[x1, x2, y1, y2]", "write them", [](const auto& b, Size) {
    return Numbers{b[0], b[0] + b[2], b[1], b[1] + b[3]};
  });
  said("half the width", "write them", [](const auto& b, Size) {
    return Numbers{b[0] + b[2] / 2, b[1] + b[3] / 2, b[2] / 2, b[3] / 2};
  });
  said("of the image padded to a square", "write them", [&](const auto& b, Size s) {
    const double side = std::max(w(s), h(s));
    return Numbers{b[0] + (side - w(s)) / 2, b[1] + (side - h(s)) / 2, b[2], b[3]};
  });
  // Only the images of one camera have an EXIF orientation.
  expect_warned(with_boxes(street,
                           [&](const auto& b, Size s) {
                             return s.width == 427 ? Numbers{h(s) - b[1] - b[3], b[0], b[3], b[2]} : b;
                           }),
                {"4 of 20 images", "by 90 degrees", "--exif-orientation"});
}

TEST(ResultsOfChangedImages, FractionsOfAPaddedImageAreNamed) {
  const auto street = varied_street(20);
  expect_said(with_boxes(street,
                         [](const auto& b, auto s) {
                           const auto w = static_cast<double>(s.width), h = static_cast<double>(s.height);
                           const double side = std::max(w, h);
                           return scaled(Numbers{b[0] + (side - w) / 2, b[1] + (side - h) / 2, b[2], b[3]},
                                         1 / side, 1 / side);
                         }),
              {"in fractions of the sides of the image padded to a square", "--boxes xywh"});
}

}  // namespace
}  // namespace focus::test
