#include "explain/explanation_json.h"

#include <cmath>

#include "detector/detection_json.h"

namespace focus::explain {
namespace {

using nlohmann::json;

/// Enough digits for an image, and a third of the text's length.
double rounded(double value) { return std::round(value * 1e5) / 1e5; }

json rows_of(const std::vector<double>& values, size_t first, nn::ImageSize size) {
  auto rows = json::array();
  for (int64_t y = 0; y < size.height; ++y) {
    auto row = json::array();
    for (int64_t x = 0; x < size.width; ++x) row.push_back(rounded(values[first++]));
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

json to_json(const Explanation& explanation, const std::vector<data::Category>& categories) {
  const std::vector<Box> regions(explanation.detections.begin(), explanation.detections.end());
  auto levels = json::array(), layers = json::array();
  for (const auto& grid : explanation.levels) {
    levels.push_back(
        {{"height", grid.size.height}, {"width", grid.size.width}, {"first_token", grid.first_token}});
    if (explanation.foreground.empty()) continue;
    levels.back()["foreground"] =
        rows_of(explanation.foreground, static_cast<size_t>(grid.first_token), grid.size);
  }
  for (const auto& layer : explanation.layers) {
    layers.push_back({{"updated", layer.updated},
                      {"fine_grained", layer.fine_grained},
                      {"share_of_tokens",
                       static_cast<double>(layer.updated.size()) / static_cast<double>(explanation.tokens())},
                      {"inside_detections", share_inside(explanation, layer.updated, regions)}});
  }
  auto detections = to_json(explanation.detections, categories);
  for (size_t i = 0; i < detections.size(); ++i) {
    auto sampled = json::array();
    for (const auto& point : explanation.sampled[i]) {
      sampled.push_back({rounded(point.x), rounded(point.y), rounded(point.weight), point.level});
    }
    detections[i]["sampled"] = std::move(sampled);
  }
  const auto finest = explanation.levels.front().size;
  return {{"width", explanation.image.width},
          {"height", explanation.image.height},
          {"levels", levels},
          {"layers", layers},
          {"work",
           {{"height", finest.height},
            {"width", finest.width},
            {"values", rows_of(work_map(explanation), 0, finest)}}},
          {"detections", detections}};
}

}  // namespace focus::explain
