#include "scenes/shapes/synth_shapes.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

namespace focus::scenes {
namespace {

using Polygon = Outline::Polygon;

Polygon ellipse(double x, double y, double radius_x, double radius_y, double from = 0, double to = 2 * M_PI) {
  constexpr int kPoints = 48;
  Polygon points;
  for (int i = 0; i < kPoints; ++i) {
    const double angle = from + (to - from) * i / (kPoints - 1);
    points.emplace_back(x + radius_x * std::cos(angle), y + radius_y * std::sin(angle));
  }
  return points;
}

Polygon rectangle(double left, double top, double right, double bottom) {
  return {{left, top}, {right, top}, {right, bottom}, {left, bottom}};
}

Outline ring(Rng& random) {
  Outline outline;
  const double inner = random.uniform(0.45, 0.7);
  const double squeeze = random.uniform(0.6, 1.0);
  outline.parts = {{ellipse(0, 0, 1, squeeze)}, {ellipse(0, 0, inner, inner * squeeze), false}};
  return outline;
}

Outline star(Rng& random) {
  const double inner = random.uniform(0.38, 0.5);
  Polygon points;
  for (int i = 0; i < 10; ++i) {
    const double radius = i % 2 == 0 ? 1.0 : inner;
    points.emplace_back(radius * std::sin(M_PI * i / 5), -radius * std::cos(M_PI * i / 5));
  }
  return {.parts = {{points}}};
}

Outline key(Rng& random) {
  const double bow = random.uniform(0.32, 0.42);
  const double thickness = random.uniform(0.07, 0.1);
  Outline outline;
  outline.parts = {{ellipse(-0.6, 0, bow, bow * random.uniform(0.85, 1.1))},
                   {ellipse(-0.6, 0, bow * 0.5, bow * 0.5), false},
                   {rectangle(-0.65 + bow, -thickness, 1.0, thickness)}};
  const auto teeth = random.integer(2, 3);
  for (int64_t i = 0; i < teeth; ++i) {
    const double right = 1.0 - 0.24 * static_cast<double>(i);
    outline.parts.push_back({rectangle(right - 0.13, 0, right, random.uniform(0.25, 0.38))});
  }
  return outline;
}

Outline mug(Rng& random) {
  const double top = random.uniform(0.52, 0.62), bottom = top * random.uniform(0.75, 1.0);
  const double height = random.uniform(0.6, 0.75), rim = random.uniform(0.1, 0.18);
  const double handle = random.uniform(0.34, 0.4);
  Outline outline;
  outline.parts = {{ellipse(top, 0, handle, handle * 1.2)},
                   {ellipse(top, 0, handle * 0.58, handle * 0.72), false},
                   {{{-top, -height}, {top, -height}, {bottom, height}, {-bottom, height}}},
                   {ellipse(0, -height, top, rim)},
                   {ellipse(0, height, bottom, rim * 0.8)}};
  outline.hollows = {ellipse(0, -height, top * 0.88, rim * 0.75)};
  if (random.chance(0.5)) {
    for (auto& part : outline.parts) {
      for (auto& point : part.polygon) point.x = -point.x;
    }
  }
  outline.max_tilt = 0.9;
  return outline;
}

Outline ball(Rng&) {
  Outline outline;
  outline.parts = {{ellipse(0, 0, 1, 1)}};
  outline.spherical = true;
  return outline;
}

Outline arrow(Rng& random) {
  const double shaft = random.uniform(0.13, 0.2), head = random.uniform(0.42, 0.58);
  const double neck = random.uniform(0.0, 0.3), barb = random.uniform(0.0, 0.15);
  return {.parts = {{rectangle(-1, -shaft, neck + 0.05, shaft)},
                    {{{neck - barb, -head}, {1, 0}, {neck - barb, head}, {neck, 0}}},
                    {{{neck, -shaft}, {neck + 0.2, 0}, {neck, shaft}}}}};
}

Outline blob(Rng& random) {
  const auto lobes = random.integer(2, 4);
  const double depth = random.uniform(0.25, 0.45), phase = random.uniform(0, 2 * M_PI);
  const double wobble = random.uniform(0.05, 0.15);
  Polygon points = ellipse(0, 0, 1, 1);
  for (auto& point : points) {
    const double angle = std::atan2(point.y, point.x);
    point *=
        1 + depth * std::sin(static_cast<double>(lobes) * angle + phase) + wobble * std::sin(angle - phase);
  }
  return {.parts = {{points}}};
}

Polygon random_polygon(Rng& random) {
  Polygon points;
  const auto corners = random.integer(3, 6);
  for (int64_t i = 0; i < corners; ++i) {
    const double angle =
        2 * M_PI * (static_cast<double>(i) + random.uniform(-0.3, 0.3)) / static_cast<double>(corners);
    const double radius = random.uniform(0.7, 1.0);
    points.emplace_back(radius * std::cos(angle), radius * std::sin(angle));
  }
  return points;
}

Outline zigzag(Rng& random) {
  Outline outline;
  const double thickness = random.uniform(0.15, 0.3);
  for (int i = 0; i < 3; ++i) {
    const double left = -0.9 + 0.6 * i, from = i % 2 == 0 ? -0.4 : 0.4;
    outline.parts.push_back(
        {{{left, from}, {left + thickness, from}, {left + 0.6 + thickness, -from}, {left + 0.6, -from}}});
  }
  return outline;
}

template <typename Visit>
void for_each_point(Outline& outline, Visit visit) {
  for (auto& part : outline.parts) std::for_each(part.polygon.begin(), part.polygon.end(), visit);
  for (auto& hollow : outline.hollows) std::for_each(hollow.begin(), hollow.end(), visit);
}

}  // namespace

const std::vector<std::string>& synth_class_names() {
  static const std::vector<std::string> names{"ring", "star", "key", "mug", "ball", "arrow"};
  return names;
}

Outline object_outline(int64_t label, Rng& random) {
  using Maker = Outline (*)(Rng&);
  static constexpr Maker makers[] = {ring, star, key, mug, ball, arrow};
  return makers[label](random);
}

Outline distractor_outline(Rng& random) {
  switch (random.integer(0, 5)) {
    case 0:
      return blob(random);
    case 1: {
      const double width = random.uniform(0.15, 0.9);
      return {.parts = {{rectangle(-1, -width, 1, width)}}};
    }
    case 2: {
      const double width = random.uniform(0.15, 0.35);
      return {.parts = {{rectangle(-1, -width, 1, width)}, {rectangle(-width, -1, width, 1)}}};
    }
    case 3: {
      const double bite = random.uniform(0.6, 0.9);
      return {.parts = {{ellipse(0, 0, 1, 1)}, {ellipse(0.5, 0, bite, bite), false}}};
    }
    case 4:
      return zigzag(random);
    default:
      return {.parts = {{random_polygon(random)}}};
  }
}

void place_outline(Outline& outline, double angle, cv::Vec2d shear, double size) {
  const double cosine = std::cos(angle), sine = std::sin(angle);
  cv::Point2d low(1e9, 1e9), high(-1e9, -1e9);
  for_each_point(outline, [&](cv::Point2d& point) {
    const cv::Point2d sheared(point.x + shear[0] * point.y, shear[1] * point.y);
    point = {cosine * sheared.x - sine * sheared.y, sine * sheared.x + cosine * sheared.y};
    low = {std::min(low.x, point.x), std::min(low.y, point.y)};
    high = {std::max(high.x, point.x), std::max(high.y, point.y)};
  });
  const cv::Point2d centre = (low + high) * 0.5;
  const double scale = size / std::max(high.x - low.x, high.y - low.y);
  for_each_point(outline, [&](cv::Point2d& point) { point = (point - centre) * scale; });
}

cv::Mat rasterise(const Outline& outline, int side, cv::Mat& hollow) {
  constexpr int kOversampling = 4;
  const int fine_side = side * kOversampling;
  const auto fill = [&](cv::Mat& canvas, const Polygon& polygon, int value) {
    std::vector<cv::Point> points;
    for (const auto& point : polygon) {
      points.emplace_back(cvRound((point.x + side * 0.5) * kOversampling),
                          cvRound((point.y + side * 0.5) * kOversampling));
    }
    cv::fillPoly(canvas, std::vector<std::vector<cv::Point>>{points}, cv::Scalar::all(value));
  };
  const auto coarse = [&](const cv::Mat& fine) {
    cv::Mat mask;
    cv::resize(fine, mask, {side, side}, 0, 0, cv::INTER_AREA);
    return mask;
  };
  cv::Mat canvas = cv::Mat::zeros(fine_side, fine_side, CV_8U);
  for (const auto& part : outline.parts) fill(canvas, part.polygon, part.adds ? 255 : 0);
  cv::Mat mask = coarse(canvas);
  canvas.setTo(0);
  for (const auto& polygon : outline.hollows) fill(canvas, polygon, 255);
  hollow = coarse(canvas);
  return mask;
}

}  // namespace focus::scenes
