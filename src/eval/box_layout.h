// How the four numbers of a box in a results file are to be read.
#pragma once

#include <array>
#include <string>

#include "base/box.h"
#include "nn/batch.h"

namespace focus::eval {

/// The order of the numbers. kByDataset: COCO's (kXywh), refused if they look different.
enum class BoxOrder { kByDataset, kXywh, kXyxy, kCxcywh, kYxyx, kYxhw, kXxyy, kCxcyHalves };

/// Their unit: pixels, or fractions of the image's sides.
enum class BoxUnit { kPixels, kFractions, kHundredths, kThousandths };

struct BoxLayout {
  BoxOrder order = BoxOrder::kByDataset;
  BoxUnit unit = BoxUnit::kPixels;
  bool operator==(const BoxLayout&) const = default;
};

/// The layouts that users can state.
inline constexpr BoxLayout kStatableLayouts[] = {
    {BoxOrder::kXywh, BoxUnit::kPixels},    {BoxOrder::kXyxy, BoxUnit::kPixels},
    {BoxOrder::kCxcywh, BoxUnit::kPixels},  {BoxOrder::kXywh, BoxUnit::kFractions},
    {BoxOrder::kXyxy, BoxUnit::kFractions}, {BoxOrder::kCxcywh, BoxUnit::kFractions},
};

/// "xyxy-normalized": as users state it.
std::string name_of(const BoxLayout& layout);

/// "[x1, y1, x2, y2]".
const char* words_of(BoxOrder order);

/// "[x1, y1, x2, y2] in fractions of the image's sides".
std::string in_words(const BoxLayout& layout);

/// The box in pixels that four numbers stand for, in an image of that size.
Box box_of(const std::array<double, 4>& numbers, const BoxLayout& layout, nn::ImageSize size);

}  // namespace focus::eval
