#include "viz/draw.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <opencv2/imgproc.hpp>

#include "base/error.h"
#include "viz/text.h"

namespace focus::viz {
namespace {

/// Sizes of lines and text in proportion to the image, but never too small to read.
struct Pen {
  explicit Pen(cv::Size image) {
    const double side = std::min(image.width, image.height);
    line = std::max(1, cvRound(side / 170));
    text.scale = std::max(0.38, side / 1000);
    text.line = std::max(1, cvRound(text.scale * 1.6));
    padding = std::max(2, cvRound(text.scale * 6));
  }
  int line, padding;
  TextStyle text;
};

/// The part of the box inside the image; empty for one that cannot be drawn.
cv::Rect visible_part(const Box& box, cv::Size image) {
  if (!std::isfinite(box.x1) || !std::isfinite(box.y1) || !std::isfinite(box.x2) || !std::isfinite(box.y2))
    return {};
  const auto within = [](double value, int limit) { return cvRound(std::clamp<double>(value, 0, limit)); };
  const cv::Point low(within(box.x1, image.width), within(box.y1, image.height));
  const cv::Point high(within(box.x2, image.width), within(box.y2, image.height));
  if (high.x <= low.x || high.y <= low.y) return {};
  return {low, high};
}

/// One side of a frame: solid, or dashed along its longer side.
void draw_side(cv::Mat& image, cv::Rect side, const cv::Scalar& colour, bool dashed) {
  const bool lying = side.width > side.height;
  const int length = std::max(side.width, side.height), width = std::min(side.width, side.height);
  const int dash = dashed ? 3 * width + 2 : length;
  for (int begin = 0; begin < length; begin += 2 * dash) {
    const int end = std::min(begin + dash, length);
    const cv::Rect piece = lying ? cv::Rect(side.x + begin, side.y, end - begin, width)
                                 : cv::Rect(side.x, side.y + begin, width, end - begin);
    image(piece).setTo(colour);
  }
}

/// The line lies inside the box, so that a box around the whole image is visible. Horizontal and vertical
/// lines are sharp without anti-aliasing, which would only blur them into the pixels beside the box.
void draw_frame(cv::Mat& image, cv::Rect frame, const cv::Scalar& colour, const Pen& pen, bool dashed) {
  const int line = std::min({pen.line, frame.width, frame.height});
  draw_side(image, {frame.x, frame.y, frame.width, line}, colour, dashed);
  draw_side(image, {frame.x, frame.br().y - line, frame.width, line}, colour, dashed);
  draw_side(image, {frame.x, frame.y, line, frame.height}, colour, dashed);
  draw_side(image, {frame.br().x - line, frame.y, line, frame.height}, colour, dashed);
}

/// Places labels at their boxes, inside the image and, if possible, without overlapping other labels.
class Labels {
 public:
  Labels(cv::Mat& image, const Pen& pen) : image_(image), pen_(pen) {}

  void draw(const std::string& text, cv::Rect frame, const cv::Scalar& colour) {
    const TextExtent letters = measure_text(text, pen_.text);
    const cv::Size size(letters.width + 2 * pen_.padding, letters.above + letters.below + 2 * pen_.padding);
    const cv::Rect place = find_place(frame, size);
    cv::rectangle(image_, place, colour, cv::FILLED);
    const double brightness = 0.114 * colour[0] + 0.587 * colour[1] + 0.299 * colour[2];
    const cv::Scalar ink = brightness > 140 ? cv::Scalar(20, 20, 20) : cv::Scalar(255, 255, 255);
    draw_text(image_, text, {place.x + pen_.padding, place.y + pen_.padding + letters.above}, pen_.text, ink);
    taken_.push_back(place);
  }

 private:
  cv::Rect find_place(cv::Rect frame, cv::Size size) const {
    const cv::Point corners[] = {{frame.x, frame.y - size.height},
                                 {frame.x, frame.br().y},
                                 {frame.br().x - size.width, frame.y - size.height},
                                 {frame.br().x - size.width, frame.br().y},
                                 {frame.x, frame.y},
                                 {frame.x, frame.br().y - size.height}};
    for (const auto& corner : corners) {
      const cv::Rect place(std::clamp(corner.x, 0, std::max(0, image_.cols - size.width)), corner.y,
                           size.width, size.height);
      const bool inside = place.y >= 0 && place.br().y <= image_.rows;
      const bool free = std::none_of(taken_.begin(), taken_.end(),
                                     [&](const cv::Rect& other) { return !(other & place).empty(); });
      if (inside && free) return place;
    }
    return {std::clamp(frame.x, 0, std::max(0, image_.cols - size.width)),
            std::clamp(frame.y - size.height, 0, std::max(0, image_.rows - size.height)), size.width,
            size.height};
  }

  cv::Mat& image_;
  const Pen& pen_;
  std::vector<cv::Rect> taken_;
};

std::string label_text(const DrawnBox& box, const DrawStyle& style) {
  if (!style.scores || !std::isfinite(box.score)) return box.label;
  const std::string score = fmt::format("{:.0f}%", 100 * std::clamp(box.score, 0.0, 1.0));
  return box.label.empty() ? score : box.label + " " + score;
}

}  // namespace

cv::Scalar class_colour(int64_t class_index) {
  // Steps of the golden ratio around the hue circle keep neighbours distinct; each further round is paler or
  // darker.
  constexpr double kGoldenRatio = 0.6180339887498949;
  constexpr int64_t kColoursPerRound = 8;
  static constexpr double rounds[][2] = {{0.85, 1.0}, {0.5, 1.0}, {0.9, 0.7}};
  const auto index = static_cast<uint64_t>(class_index);
  const double hue = std::fmod(0.58 + kGoldenRatio * static_cast<double>(index % 4096), 1.0);
  const auto& [saturation, value] = rounds[index / kColoursPerRound % std::size(rounds)];
  const auto channel = [&, s = saturation, v = value](double offset) {
    const double k = std::fmod(offset + hue * 6, 6.0);
    return std::round(255 * (v - v * s * std::max(0.0, std::min({k, 4 - k, 1.0}))));
  };
  return {channel(1), channel(3), channel(5)};
}

void draw_boxes(cv::Mat& image, std::span<const DrawnBox> boxes, const DrawStyle& style) {
  if (image.empty() || image.type() != CV_8UC3) {
    fail("boxes can only be drawn on 8-bit colour images; this one is {}",
         image.empty() ? "empty" : "of another type");
  }
  const Pen pen(image.size());
  std::vector<size_t> order(boxes.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return boxes[a].score < boxes[b].score; });
  for (const size_t i : order) {
    const cv::Rect frame = visible_part(boxes[i], image.size());
    if (!frame.empty()) draw_frame(image, frame, class_colour(boxes[i].class_index), pen, style.dashed);
  }
  if (!style.labels) return;
  // Labels of the best boxes are placed first.
  std::reverse(order.begin(), order.end());
  Labels labels(image, pen);
  for (const size_t i : order) {
    const cv::Rect frame = visible_part(boxes[i], image.size());
    const std::string text = label_text(boxes[i], style);
    if (!frame.empty() && !text.empty()) labels.draw(text, frame, class_colour(boxes[i].class_index));
  }
}

cv::Mat contact_sheet(std::span<const cv::Mat> images, int columns, cv::Size cell, int gap) {
  if (images.empty() || columns < 1 || cell.empty() || gap < 0) {
    fail("contact sheet: {} images in {} columns of {} x {} pixels; each must be at least 1", images.size(),
         columns, cell.width, cell.height);
  }
  const int rows = (static_cast<int>(images.size()) + columns - 1) / columns;
  cv::Mat sheet(rows * (cell.height + gap) + gap, columns * (cell.width + gap) + gap, CV_8UC3,
                cv::Scalar::all(255));
  for (size_t i = 0; i < images.size(); ++i) {
    const cv::Mat& image = images[i];
    if (image.empty() || image.type() != CV_8UC3) {
      fail("contact sheet: image {} is empty or not an 8-bit colour image", i);
    }
    const double scale =
        std::min(cell.width / static_cast<double>(image.cols), cell.height / static_cast<double>(image.rows));
    const cv::Size size(std::clamp(cvRound(image.cols * scale), 1, cell.width),
                        std::clamp(cvRound(image.rows * scale), 1, cell.height));
    const int column = static_cast<int>(i) % columns, row = static_cast<int>(i) / columns;
    const cv::Rect place(gap + column * (cell.width + gap) + (cell.width - size.width) / 2,
                         gap + row * (cell.height + gap) + (cell.height - size.height) / 2, size.width,
                         size.height);
    cv::resize(image, sheet(place), size, 0, 0, scale < 1 ? cv::INTER_AREA : cv::INTER_LINEAR);
  }
  return sheet;
}

}  // namespace focus::viz
