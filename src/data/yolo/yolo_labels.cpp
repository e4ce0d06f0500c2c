#include "data/yolo/yolo_labels.h"

#include <spdlog/fmt/fmt.h>

#include <cmath>
#include <optional>
#include <span>

#include "base/human.h"
#include "base/numbers.h"
#include "data/box_edges.h"
#include "data/extent.h"
#include "data/text_fields.h"

namespace focus::data {
namespace {

// Enough for an outline of some thirty thousand points; a longer line is not a label.
constexpr size_t kLongestLine = size_t{1} << 20;
constexpr size_t kBoxNumbers = 5;

/// Takes and returns fractions of the image size, as does box_of_outline.
Annotation box_of_centre(std::span<const double> v) {
  return {.x = v[0] - v[2] / 2, .y = v[1] - v[3] / 2, .width = v[2], .height = v[3], .area = v[2] * v[3]};
}

Annotation box_of_outline(std::span<const double> v) {
  std::vector<Point> corners;
  for (size_t i = 0; i < v.size(); i += 2) corners.push_back({v[i], v[i + 1]});
  Extent extent;
  extent.add_polygon(corners);
  return extent.annotation();
}

bool is_outline(size_t numbers) { return numbers > kBoxNumbers; }

/// Reads lines; of each it reports only the first fault.
class LabelReader {
 public:
  LabelReader(const std::string& name, int64_t classes, const IssueSink& report)
      : name_(name), classes_(classes), report_(report) {}

  void start_line(size_t number) { entry_ = fmt::format("{}:{}", name_, number); }

  std::optional<Annotation> read(std::string_view line, nn::ImageSize size) {
    if (line.size() > kLongestLine) {
      return refuse(IssueKind::kBadLine,
                    fmt::format("a line of {} is too long for an object", human_bytes(line.size())));
    }
    const auto values = numbers(line);
    if (values.empty()) return {};
    const auto label = class_of(values[0]);
    if (!label) return {};
    const auto coordinates = std::span(values).subspan(1);
    for (const double value : coordinates) {
      if (value >= -1 && value <= 2) continue;
      return refuse(IssueKind::kBadLine,
                    fmt::format("found {}, but coordinates are fractions of the image's size, from 0 to 1; "
                                "divide pixels by its width and height",
                                value));
    }
    const bool outline = is_outline(values.size());
    const auto box = outline ? box_of_outline(coordinates) : box_of_centre(coordinates);
    ++(outline ? outlines_ : boxes_);
    if (box.width < 0 || box.height < 0) {
      return refuse(
          IssueKind::kNegativeSize,
          fmt::format("a size of {} x {}; width and height must not be negative", box.width, box.height));
    }
    const auto width = static_cast<double>(size.width), height = static_cast<double>(size.height);
    return at_edge({.label = *label,
                    .x = box.x * width,
                    .y = box.y * height,
                    .width = box.width * width,
                    .height = box.height * height,
                    .area = box.area * width * height},
                   size);
  }

  void finish() const {
    if (boxes_ == 0 || outlines_ == 0) return;
    report_({IssueKind::kMixedLabels, name_,
             fmt::format("mixes {} boxes (5 numbers) with {} outlines (7 and more); both are read here, but "
                         "Ultralytics leaves such an image out of training; write all in one form",
                         boxes_, outlines_)});
  }

 private:
  std::nullopt_t refuse(IssueKind kind, std::string text) const {
    report_({kind, entry_, std::move(text)});
    return std::nullopt;
  }

  // The line's numbers, as many as a box or an outline has; none if something is wrong.
  std::vector<double> numbers(std::string_view line) const {
    std::vector<double> values;
    for (const auto field : fields_of(line)) {
      const auto value = number_of(field);
      if (!value) {
        refuse(IssueKind::kBadLine, fmt::format("found {} where a number is expected", in_quotes(field)));
        return {};
      }
      if (!std::isfinite(*value)) {
        refuse(IssueKind::kNotFinite,
               fmt::format("found {} where a finite number is expected", in_quotes(field)));
        return {};
      }
      values.push_back(*value);
    }
    const bool outline = values.size() > kBoxNumbers + 1 && values.size() % 2 == 1;
    if (values.size() == kBoxNumbers || outline) return values;
    if (values.size() == kBoxNumbers + 1) {
      refuse(IssueKind::kBadLine,
             fmt::format(
                 "6 numbers, where a box has 5: if the last one, {}, is a confidence, this is a prediction "
                 "(Ultralytics' save_conf), not a label; remove the sixth number of all lines to train on "
                 "them",
                 values.back()));
      return {};
    }
    refuse(
        IssueKind::kBadLine,
        fmt::format("{} numbers expected, found {}; a line is 'class centre_x centre_y width height', or a "
                    "class and at least 3 points of an outline",
                    kBoxNumbers, values.size()));
    return {};
  }

  std::optional<int64_t> class_of(double value) const {
    if (value != std::floor(value) || value < 0) {
      return refuse(IssueKind::kUnknownCategory,
                    fmt::format("class {}; classes are whole numbers from 0", value));
    }
    if (value >= static_cast<double>(classes_)) {
      return refuse(IssueKind::kUnknownCategory,
                    fmt::format("class {}, but there are {} names, counted from 0", value, classes_));
    }
    return static_cast<int64_t>(value);
  }

  const std::string& name_;
  std::string entry_;
  int64_t classes_;
  const IssueSink& report_;
  int64_t boxes_ = 0, outlines_ = 0;
};

}  // namespace

bool is_yolo_label(std::string_view line) {
  constexpr size_t kLeast = 3;
  const auto fields = fields_of(line);
  if (fields.size() < kLeast) return false;
  for (const auto field : fields) {
    if (!number_of(field)) return false;
  }
  const double label = *number_of(fields.front());
  return label >= 0 && label == std::floor(label);
}

std::vector<Annotation> parse_yolo_labels(std::string_view text, const std::string& name, nn::ImageSize size,
                                          int64_t classes, const IssueSink& report) {
  std::vector<Annotation> boxes;
  LabelReader reader(name, classes, report);
  for_each_line(text, [&](size_t number, std::string_view line) {
    reader.start_line(number);
    if (const auto box = reader.read(line, size)) boxes.push_back(*box);
  });
  reader.finish();
  return boxes;
}

}  // namespace focus::data
