// How the four numbers of a box in a results file are meant.
#pragma once

#include <array>
#include <string>

#include "base/box.h"
#include "nn/batch.h"

namespace focus::eval {

/// What the numbers are. kByDataset: as COCO has them (kXywh), refused if they look otherwise.
enum class BoxOrder { kByDataset, kXywh, kXyxy, kCxcywh, kYxyx, kYxhw, kXxyy, kCxcyHalves };

/// What they count: pixels, or parts of the image's sides.
enum class BoxUnit { kPixels, kFractions, kHundredths, kThousandths };

struct BoxLayout {
  BoxOrder order = BoxOrder::kByDataset;
  BoxUnit unit = BoxUnit::kPixels;
  bool operator==(const BoxLayout&) const = default;
};

/// Those that a person may say.
inline constexpr BoxLayout kStatableLayouts[] = {
    {BoxOrder::kXywh, BoxUnit::kPixels},    {BoxOrder::kXyxy, BoxUnit::kPixels},
    {BoxOrder::kCxcywh, BoxUnit::kPixels},  {BoxOrder::kXywh, BoxUnit::kFractions},
    {BoxOrder::kXyxy, BoxUnit::kFractions}, {BoxOrder::kCxcywh, BoxUnit::kFractions},
};

/// "xyxy-normalized": as a person says it.
std::string name_of(const BoxLayout& layout);

/// "[x1, y1, x2, y2]".
const char* words_of(BoxOrder order);

/// "[x1, y1, x2, y2] in fractions of the image's sides".
std::string in_words(const BoxLayout& layout);

/// The box in pixels that four numbers are, in an image of that size.
Box box_of(const std::array<double, 4>& numbers, const BoxLayout& layout, nn::ImageSize size);

}  // namespace focus::eval
