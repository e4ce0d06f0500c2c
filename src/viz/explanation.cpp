#include "viz/explanation.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "viz/detections.h"
#include "viz/text.h"

namespace focus::viz {
namespace {

using explain::Explanation;

/// From the finest level to the coarsest: colours (BGR) that people with any colour vision can tell apart.
const cv::Scalar kLevelColours[] = {
    {0, 220, 255}, {255, 160, 40}, {120, 255, 120}, {255, 90, 255}, {80, 80, 255}};
const cv::Scalar kFineGrained(255, 255, 255);

const cv::Scalar& level_colour(int64_t level) {
  return kLevelColours[static_cast<size_t>(level) % std::size(kLevelColours)];
}

/// The image in dark grey, so that drawings on it are visible.
cv::Mat backdrop(const cv::Mat& image) {
  cv::Mat grey, result;
  cv::cvtColor(image, grey, cv::COLOR_BGR2GRAY);
  cv::cvtColor(grey, result, cv::COLOR_GRAY2BGR);
  return result * 0.45;
}

/// Numbers 0..1 in a grid as colours over the image.
cv::Mat heat(const cv::Mat& image, const std::vector<double>& values, nn::ImageSize grid) {
  cv::Mat map(static_cast<int>(grid.height), static_cast<int>(grid.width), CV_8UC1), large, colours, result;
  for (size_t i = 0; i < values.size(); ++i) {
    map.data[i] = static_cast<uint8_t>(std::lround(255 * std::clamp(values[i], 0.0, 1.0)));
  }
  cv::resize(map, large, image.size(), 0, 0, cv::INTER_LINEAR);
  cv::applyColorMap(large, colours, cv::COLORMAP_INFERNO);
  cv::addWeighted(backdrop(image), 0.6, colours, 0.75, 0, result);
  return result;
}

void dot(cv::Mat& image, double x, double y, double radius, const cv::Scalar& colour) {
  constexpr int kShift = 4;  // Positions in sixteenths of a pixel.
  const auto fixed = [](double value) { return cvRound(value * (1 << kShift)); };
  cv::circle(image, {fixed(x), fixed(y)}, std::max(fixed(radius), 1), colour, cv::FILLED, cv::LINE_AA,
             kShift);
}

double distance_of(const Explanation& explanation, int64_t level) {
  return static_cast<double>(explanation.image.width) /
         static_cast<double>(explanation.levels[static_cast<size_t>(level)].size.width);
}

/// Dots at the tokens' centres; those of coarse levels first and larger.
void draw_tokens(cv::Mat& image, const Explanation& explanation, std::vector<int64_t> tokens,
                 bool fine_grained) {
  std::sort(tokens.rbegin(), tokens.rend());
  for (const int64_t token : tokens) {
    const auto region = explanation.region_of(token);
    const int64_t level = explanation.level_of(token);
    const double x = (region.x1 + region.x2) / 2, y = (region.y1 + region.y2) / 2;
    const double radius = distance_of(explanation, 0) * (0.3 + 0.14 * static_cast<double>(level));
    dot(image, x, y, fine_grained ? 0.55 * radius : radius,
        fine_grained ? kFineGrained : level_colour(level));
  }
}

/// Where the decoder sampled for one detection: dots sized by their weight.
View sampling_view(const cv::Mat& image, const Explanation& explanation,
                   const std::vector<data::Category>& categories, size_t index) {
  const auto& detection = explanation.detections[index];
  cv::Mat drawn = backdrop(image);
  for (const auto& point : explanation.sampled[index]) {
    dot(drawn, point.x, point.y, distance_of(explanation, 0) * (0.15 + 2 * std::sqrt(point.weight) * 0.6),
        level_colour(point.level));
  }
  draw_boxes(drawn, boxes_of({detection}, categories));
  return {fmt::format("sampled for detection {} ({})", index + 1,
                      categories[static_cast<size_t>(detection.label)].name),
          drawn};
}

View foreground_view(const cv::Mat& image, const Explanation& explanation, size_t level) {
  const auto& grid = explanation.levels[level];
  const auto first = explanation.foreground.begin() + grid.first_token;
  return {fmt::format("foreground, level {} ({} x {})", level + 1, grid.size.height, grid.size.width),
          heat(image, {first, first + grid.size.height * grid.size.width}, grid.size)};
}

View work_view(const cv::Mat& image, const Explanation& explanation) {
  auto map = explain::work_map(explanation);
  const double most = *std::max_element(map.begin(), map.end());
  for (double& value : map) value /= most > 0 ? most : 1;
  return {"work of the encoder", heat(image, map, explanation.levels.front().size)};
}

}  // namespace

std::vector<View> layer_views(const cv::Mat& image, const Explanation& explanation) {
  std::vector<View> views;
  const auto all = static_cast<double>(explanation.tokens());
  for (size_t l = 0; l < explanation.layers.size(); ++l) {
    const auto& layer = explanation.layers[l];
    cv::Mat drawn = backdrop(image);
    draw_tokens(drawn, explanation, layer.updated, /*fine_grained=*/false);
    draw_tokens(drawn, explanation, layer.fine_grained, /*fine_grained=*/true);
    views.push_back({fmt::format("layer {}: {} tokens, {:.0f}%", l + 1, layer.updated.size(),
                                 100 * static_cast<double>(layer.updated.size()) / all),
                     drawn});
  }
  return views;
}

std::vector<View> explanation_views(const cv::Mat& image, const Explanation& explanation,
                                    const std::vector<data::Category>& categories, size_t detection) {
  cv::Mat found = image.clone();
  draw_boxes(found, boxes_of(explanation.detections, categories));
  std::vector<View> views{{fmt::format("{} detections", explanation.detections.size()), found}};
  if (!explanation.foreground.empty()) {
    for (size_t level = 0; level < explanation.levels.size(); ++level) {
      views.push_back(foreground_view(image, explanation, level));
    }
  }
  for (auto& view : layer_views(image, explanation)) views.push_back(std::move(view));
  views.push_back(work_view(image, explanation));
  if (detection < explanation.detections.size()) {
    views.push_back(sampling_view(image, explanation, categories, detection));
  }
  return views;
}

cv::Mat captioned(const View& view) {
  const double scale = std::max(0.4, view.image.cols / 900.0);
  const int thickness = std::max(1, cvRound(1.6 * scale)), height = cvRound(34 * scale);
  cv::Mat result(view.image.rows + height, view.image.cols, CV_8UC3, cv::Scalar::all(255));
  view.image.copyTo(result.rowRange(height, result.rows));
  draw_text(result, view.caption, {cvRound(8 * scale), cvRound(24 * scale)}, {scale, thickness},
            cv::Scalar::all(20));
  return result;
}

}  // namespace focus::viz
