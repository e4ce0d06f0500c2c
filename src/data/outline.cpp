#include "data/outline.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "data/extent.h"
#include "images/limits.h"

namespace focus::data {
namespace {

using nlohmann::json;

bool all_numbers(const json& list) {
  return std::all_of(list.begin(), list.end(), [](const json& entry) { return entry.is_number(); });
}

bool is_point(const json& entry) { return entry.is_array() && entry.size() == 2 && all_numbers(entry); }

/// Reads one outline; the first fault is kept.
class OutlineReader {
 public:
  explicit OutlineReader(std::string& fault) : fault_(fault) {}

  bool read(const json& outline) {
    if (outline.is_object()) return read_mask(outline);
    if (!outline.is_array()) return refuse("is neither a list of polygons nor a mask");
    if (outline.empty()) return true;
    if (all_numbers(outline)) return read_flat(outline);
    if (std::all_of(outline.begin(), outline.end(), is_point)) return read_points(outline);
    return std::all_of(outline.begin(), outline.end(), [&](const json& part) { return read(part); });
  }

  const Extent& extent() const { return extent_; }

 private:
  bool refuse(std::string why) {
    fault_ = std::move(why);
    return false;
  }

  bool read_flat(const json& numbers) {
    if (numbers.size() % 2 != 0) {
      return refuse(fmt::format("has a polygon of {} numbers; each point has two", numbers.size()));
    }
    std::vector<Point> polygon;
    for (size_t i = 0; i < numbers.size(); i += 2) {
      polygon.push_back({numbers[i].get<double>(), numbers[i + 1].get<double>()});
    }
    return add_polygon(polygon);
  }

  bool read_points(const json& points) {
    std::vector<Point> polygon;
    for (const auto& point : points) polygon.push_back({point[0].get<double>(), point[1].get<double>()});
    return add_polygon(polygon);
  }

  bool add_polygon(const std::vector<Point>& polygon) {
    const bool finite = std::all_of(polygon.begin(), polygon.end(), [](const Point& point) {
      return std::isfinite(point.x) && std::isfinite(point.y);
    });
    if (!finite) return refuse("has a point that is not finite");
    extent_.add_polygon(polygon);
    return true;
  }

  bool read_mask(const json& mask) {
    const auto size = mask.find("size"), counts = mask.find("counts");
    if (size == mask.end() || counts == mask.end() || !is_point(*size)) {
      return refuse("is a mask without 'size' (two numbers) and 'counts'");
    }
    const double height = (*size)[0].get<double>(), width = (*size)[1].get<double>();
    const bool whole = height == std::floor(height) && width == std::floor(width);
    if (!whole || !(height >= 1) || !(width >= 1) ||
        height * width > static_cast<double>(images::kMaxPixels)) {
      return refuse(fmt::format("is a mask of 'size' {} x {}", height, width));
    }
    std::vector<int64_t> runs;
    if (counts->is_string()) {
      if (!decompress(counts->get_ref<const std::string&>(), runs)) return false;
    } else if (counts->is_array() && all_numbers(*counts)) {
      for (const auto& run : *counts) {
        const double length = run.get<double>();
        if (length != std::floor(length) || std::abs(length) > static_cast<double>(images::kMaxPixels)) {
          return refuse("is a mask with a run in 'counts' that is not a number of pixels");
        }
        runs.push_back(static_cast<int64_t>(length));
      }
    } else {
      return refuse("is a mask whose 'counts' are neither a list of numbers nor text");
    }
    return add_runs(runs, static_cast<int64_t>(height), static_cast<int64_t>(width));
  }

  // Runs of pixels outside and inside alternate, down the columns.
  bool add_runs(const std::vector<int64_t>& runs, int64_t height, int64_t width) {
    int64_t at = 0;
    for (size_t i = 0; i < runs.size(); ++i) {
      if (runs[i] < 0 || runs[i] > height * width - at) {
        return refuse(
            fmt::format("is a mask whose 'counts' do not fit its 'size' of {} x {}", height, width));
      }
      if (i % 2 == 1 && runs[i] > 0) {
        const int64_t last = at + runs[i] - 1;
        const int64_t first_column = at / height, last_column = last / height;
        // A run that continues in the next column reaches the bottom of one and the top of the other.
        const int64_t top = first_column == last_column ? at % height : 0;
        const int64_t bottom = first_column == last_column ? last % height : height - 1;
        extent_.add_point(static_cast<double>(first_column), static_cast<double>(top));
        extent_.add_point(static_cast<double>(last_column + 1), static_cast<double>(bottom + 1));
        extent_.add_area(static_cast<double>(runs[i]));
      }
      at += runs[i];
    }
    return true;
  }

  // COCO's compressed text: each character minus '0' holds five bits, the lowest first; its bit 5 says that
  // more characters follow, and bit 4 of the last one is the sign. From the fourth run on, the difference to
  // the run two before is stored.
  bool decompress(const std::string& text, std::vector<int64_t>& runs) {
    constexpr int kMostCharacters = 12;
    for (size_t at = 0; at < text.size();) {
      uint64_t value = 0;
      for (int k = 0;; ++k, ++at) {
        const int bits = at < text.size() ? text[at] - '0' : -1;
        if (bits < 0 || bits > 63 || k >= kMostCharacters) {
          return refuse("is a mask whose 'counts' are not COCO's compressed text");
        }
        value |= static_cast<uint64_t>(bits & 31) << (5 * k);
        if (bits & 32) continue;
        if (bits & 16) value |= ~uint64_t{0} << (5 * (k + 1));
        ++at;
        break;
      }
      auto run = static_cast<int64_t>(value);
      if (runs.size() > 2) run = static_cast<int64_t>(value + static_cast<uint64_t>(runs[runs.size() - 2]));
      runs.push_back(run);
    }
    return true;
  }

  std::string& fault_;
  Extent extent_;
};

}  // namespace

std::optional<Annotation> bounds_of_outline(const json& outline, std::string& fault) {
  OutlineReader reader(fault);
  if (!reader.read(outline)) return {};
  if (reader.extent().empty()) {
    fault = "encloses nothing";
    return {};
  }
  return reader.extent().annotation();
}

}  // namespace focus::data
