#include "data/stats.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_set>

#include "base/error.h"

namespace focus::data {
namespace {

Summary summary_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  const double median = values.size() % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  return {values.front(), median, sum / static_cast<double>(values.size()), values.back()};
}

size_t size_class(double area) {
  constexpr double kSmall = 32 * 32, kMedium = 96 * 96;
  return area < kSmall ? 0 : area < kMedium ? 1 : 2;
}

double percent(int64_t part, int64_t whole) {
  return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

std::string row(const char* name, const Summary& s) {
  return fmt::format("{:<20} {:>9.1f} {:>9.1f} {:>9.1f} {:>9.1f}\n", name, s.min, s.median, s.mean, s.max);
}

std::string shown_id(const nlohmann::json& id) {
  return id.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

nlohmann::json json_of(const Summary& s) {
  return {{"min", s.min}, {"median", s.median}, {"mean", s.mean}, {"max", s.max}};
}

}  // namespace

DatasetStats dataset_stats(const AnnotationStore& store) {
  DatasetStats stats;
  stats.images = store.size();
  for (const auto& category : store.categories()) {
    stats.categories.push_back({category, store.ids().categories.value_of(category.id)});
  }
  std::vector<double> counts, sides, widths, heights;
  for (int64_t i = 0; i < store.size(); ++i) {
    widths.push_back(static_cast<double>(store.image(i).size.width));
    heights.push_back(static_cast<double>(store.image(i).size.height));
    std::unordered_set<int64_t> labels;
    int64_t count = 0;
    for (const auto& box : store.annotations(i)) {
      if (box.crowd) {
        ++stats.crowds;
        continue;
      }
      ++count;
      labels.insert(box.label);
      ++stats.categories.at(static_cast<size_t>(box.label)).boxes;
      ++stats.box_sizes[size_class(box.width * box.height)];
      sides.push_back(std::sqrt(box.width * box.height));
    }
    for (const int64_t label : labels) ++stats.categories[static_cast<size_t>(label)].images;
    stats.boxes += count;
    stats.empty_images += store.annotations(i).empty();
    counts.push_back(static_cast<double>(count));
  }
  stats.boxes_per_image = summary_of(std::move(counts));
  stats.box_side = summary_of(std::move(sides));
  stats.image_width = summary_of(std::move(widths));
  stats.image_height = summary_of(std::move(heights));
  return stats;
}

std::string to_text(const DatasetStats& stats) {
  std::string text =
      fmt::format("{} images ({} without boxes), {} boxes, {} crowds, {} classes\n\n", stats.images,
                  stats.empty_images, stats.boxes, stats.crowds, stats.categories.size());
  text += fmt::format("{:>8}  {:<24} {:>9} {:>7} {:>9}\n", "id", "class", "boxes", "%", "images");
  for (const auto& c : stats.categories) {
    text += fmt::format("{:>8}  {:<24} {:>9} {:>7.2f} {:>9}\n", shown_id(c.id), printable(c.category.name),
                        c.boxes, percent(c.boxes, stats.boxes), c.images);
  }
  static const char* sizes[] = {"small  (area < 32^2)", "medium (area < 96^2)", "large"};
  text += fmt::format("\n{:<20} {:>9} {:>7}\n", "box size", "boxes", "%");
  for (size_t i = 0; i < stats.box_sizes.size(); ++i) {
    text += fmt::format("{:<20} {:>9} {:>7.2f}\n", sizes[i], stats.box_sizes[i],
                        percent(stats.box_sizes[i], stats.boxes));
  }
  text += fmt::format("\n{:<20} {:>9} {:>9} {:>9} {:>9}\n", "", "min", "median", "mean", "max");
  text += row("boxes per image", stats.boxes_per_image) + row("box side, pixels", stats.box_side);
  return text + row("image width", stats.image_width) + row("image height", stats.image_height);
}

nlohmann::json to_json(const DatasetStats& stats) {
  auto categories = nlohmann::json::array();
  for (const auto& c : stats.categories) {
    categories.push_back({{"id", c.id}, {"name", c.category.name}, {"boxes", c.boxes}, {"images", c.images}});
  }
  return {{"images", stats.images},
          {"empty_images", stats.empty_images},
          {"boxes", stats.boxes},
          {"crowds", stats.crowds},
          {"categories", std::move(categories)},
          {"box_sizes",
           {{"small", stats.box_sizes[0]}, {"medium", stats.box_sizes[1]}, {"large", stats.box_sizes[2]}}},
          {"boxes_per_image", json_of(stats.boxes_per_image)},
          {"box_side", json_of(stats.box_side)},
          {"image_width", json_of(stats.image_width)},
          {"image_height", json_of(stats.image_height)}};
}

}  // namespace focus::data
