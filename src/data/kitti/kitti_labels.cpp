#include "data/kitti/kitti_labels.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include "base/human.h"
#include "base/numbers.h"
#include "data/annotation_text.h"
#include "data/text_fields.h"
#include "images/limits.h"

namespace focus::data {
namespace {

/// Numbers after the type, without a score.
constexpr size_t kKittiNumbers = 14;
constexpr size_t kFirstCorner = 3;
constexpr const char* kKittiLine =
    "a line is 'type truncated occluded alpha x1 y1 x2 y2 h w l x y z rotation_y', optionally with a score";

bool has_columns(size_t numbers) { return numbers == kKittiNumbers || numbers == kKittiNumbers + 1; }

bool is_dont_care(std::string_view type) {
  return std::equal(type.begin(), type.end(), kDontCare.begin(), kDontCare.end(),
                    [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
}

/// How many fields the type consists of: one, or more if only then the number of columns is right.
size_t words_in(const std::vector<std::string_view>& fields) {
  if (fields.size() < 2 || number_of(fields[1])) return 1;
  size_t words = 1;
  while (words < fields.size() && !number_of(fields[words])) ++words;
  return has_columns(fields.size() - words) ? words : 1;
}

/// Reads one line; reports only its first fault.
class KittiLine {
 public:
  KittiLine(std::string entry, const IssueSink& report) : entry_(std::move(entry)), report_(report) {}

  std::optional<VocObject> read(std::string_view line) {
    const auto fields = fields_of(line);
    const auto words = words_in(fields);
    if (!has_columns(fields.size() - words)) return refuse(IssueKind::kBadLine, wrong_columns(fields, words));
    std::vector<double> numbers;
    for (const auto field : std::span(fields).subspan(words)) {
      const auto number = number_of(field);
      if (!number) {
        return refuse(IssueKind::kBadLine,
                      fmt::format("found {} where a number is expected; {}", in_quotes(field), kKittiLine));
      }
      numbers.push_back(*number);
    }
    // Datumaro writes the score 1 for manual labels.
    scored_ = numbers.size() > kKittiNumbers && numbers.back() != 1;
    const auto box = box_of(std::span(numbers).subspan<kFirstCorner, 4>());
    if (!box) return {};
    VocObject object{
        fmt::format("{}", fmt::join(fields.begin(), fields.begin() + std::ptrdiff_t(words), " ")), *box};
    if (is_dont_care(object.name)) {
      object.name.clear();
      object.any_class = object.box.crowd = true;
    }
    return object;
  }

  bool scored() const { return scored_; }

 private:
  std::nullopt_t refuse(IssueKind kind, std::string text) const {
    report_({kind, entry_, std::move(text)});
    return std::nullopt;
  }

  static std::string wrong_columns(const std::vector<std::string_view>& fields, size_t words) {
    const size_t columns = fields.size();
    // Frame and track come first.
    if ((columns == kKittiNumbers + 3 || columns == kKittiNumbers + 4) && number_of(fields[0]) &&
        number_of(fields[1]) && !number_of(fields[2])) {
      return fmt::format(
          "{} columns that begin with a frame and a track: a label of KITTI's tracking, which is not read; "
          "write one file per image, with lines from the third column on",
          columns);
    }
    return fmt::format("{} columns expected, or {} with a score, found {}; {}", kKittiNumbers + words,
                       kKittiNumbers + words + 1, columns, kKittiLine);
  }

  std::optional<Annotation> box_of(std::span<const double, 4> corners) const {
    for (const double corner : corners) {
      if (!std::isfinite(corner) || std::abs(corner) > static_cast<double>(images::kMaxPixels)) {
        return refuse(IssueKind::kNotFinite,
                      fmt::format("a corner of {}; corners are pixels of the image", corner));
      }
    }
    const double width = corners[2] - corners[0], height = corners[3] - corners[1];
    if (width < 0 || height < 0) {
      return refuse(IssueKind::kNegativeSize,
                    fmt::format("corners {}, {} and {}, {}: the second is left of the first or above it",
                                corners[0], corners[1], corners[2], corners[3]));
    }
    return Annotation{
        .x = corners[0], .y = corners[1], .width = width, .height = height, .area = width * height};
  }

  std::string entry_;
  const IssueSink& report_;
  bool scored_ = false;
};

}  // namespace

bool is_kitti_label(std::string_view line) {
  const auto fields = fields_of(line);
  if (fields.empty() || number_of(fields.front())) return false;
  const auto words = words_in(fields);
  return has_columns(fields.size() - words) &&
         std::all_of(fields.begin() + std::ptrdiff_t(words), fields.end(),
                     [](std::string_view field) { return number_of(field).has_value(); });
}

VocImage parse_kitti_labels(std::string_view text, const std::string& name, const IssueSink& report) {
  VocImage image;
  for_each_line(text, [&](size_t number, std::string_view line) {
    KittiLine reader(fmt::format("{}:{}", name, number), report);
    if (auto object = reader.read(line)) image.objects.push_back(std::move(*object));
    image.scored = image.scored || reader.scored();
  });
  return image;
}

std::optional<VocImage> read_kitti_labels(const std::filesystem::path& path, const IssueSink& report) {
  constexpr uint64_t kMostBytes = uint64_t{1} << 24;
  const auto text = annotation_text(path, kMostBytes, report);
  if (!text) return {};
  return parse_kitti_labels(*text, path.string(), report);
}

ObjectReading kitti_reading(const ReadAs& as) { return {.read = read_kitti_labels, .measured = as.measured}; }

}  // namespace focus::data
