#include "eval/box_layout.h"

namespace focus::eval {
const char* words_of(BoxOrder order) {
  switch (order) {
    case BoxOrder::kXyxy:
      return "[x1, y1, x2, y2]";
    case BoxOrder::kCxcywh:
      return "[centre x, centre y, width, height]";
    case BoxOrder::kYxyx:
      return "[y1, x1, y2, x2]";
    case BoxOrder::kYxhw:
      return "[y, x, height, width]";
    case BoxOrder::kXxyy:
      return "[x1, x2, y1, y2]";
    case BoxOrder::kCxcyHalves:
      return "[centre x, centre y, half the width, half the height]";
    default:
      return "[x, y, width, height]";
  }
}

std::string name_of(const BoxLayout& layout) {
  const std::string unit = layout.unit == BoxUnit::kFractions ? "-normalized" : "";
  switch (layout.order) {
    case BoxOrder::kByDataset:
      return "auto";
    case BoxOrder::kXyxy:
      return "xyxy" + unit;
    case BoxOrder::kCxcywh:
      return "cxcywh" + unit;
    default:
      return "xywh" + unit;
  }
}

std::string in_words(const BoxLayout& layout) {
  const std::string order = words_of(layout.order);
  switch (layout.unit) {
    case BoxUnit::kFractions:
      return order + " in fractions of the image's sides";
    case BoxUnit::kHundredths:
      return order + " in percent of the image's sides";
    case BoxUnit::kThousandths:
      return order + " in thousandths of the image's sides";
    default:
      return order + " in pixels";
  }
}

Box box_of(const std::array<double, 4>& numbers, const BoxLayout& layout, nn::ImageSize size) {
  const double part = layout.unit == BoxUnit::kThousandths  ? 1000
                      : layout.unit == BoxUnit::kHundredths ? 100
                                                            : 1;
  const bool pixels = layout.unit == BoxUnit::kPixels;
  const double across = pixels ? 1 : static_cast<double>(size.width) / part;
  const double down = pixels ? 1 : static_cast<double>(size.height) / part;
  const auto [a, b, c, d] = numbers;
  switch (layout.order) {
    case BoxOrder::kXyxy:
      return {a * across, b * down, c * across, d * down};
    case BoxOrder::kCxcywh:
      return {(a - c / 2) * across, (b - d / 2) * down, (a + c / 2) * across, (b + d / 2) * down};
    case BoxOrder::kYxyx:
      return {b * across, a * down, d * across, c * down};
    case BoxOrder::kYxhw:
      return {b * across, a * down, (b + d) * across, (a + c) * down};
    case BoxOrder::kXxyy:
      return {a * across, c * down, b * across, d * down};
    case BoxOrder::kCxcyHalves:
      return {(a - c) * across, (b - d) * down, (a + c) * across, (b + d) * down};
    default:
      return {a * across, b * down, (a + c) * across, (b + d) * down};
  }
}

}  // namespace focus::eval
