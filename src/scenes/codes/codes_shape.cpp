#include "scenes/codes/codes_shape.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "scenes/codes/codes_texture.h"

namespace focus::scenes {
namespace {

/// Moves pixels: map_x and map_y (CV_32F) tell where in `print` each pixel of the result comes from.
Print remapped(const Print& print, const cv::Mat& map_x, const cv::Mat& map_y) {
  Print moved{
      .image = {}, .alpha = {}, .ids = {}, .labels = print.labels, .bends = print.bends, .bare = print.bare};
  cv::Mat places, weights;
  cv::convertMaps(map_x, map_y, places, weights, CV_16SC2);
  cv::remap(print.image, moved.image, places, weights, cv::INTER_LINEAR, cv::BORDER_REPLICATE);
  cv::remap(print.alpha, moved.alpha, places, weights, cv::INTER_LINEAR, cv::BORDER_CONSTANT, 0);
  cv::remap(print.ids, moved.ids, map_x, map_y, cv::INTER_NEAREST, cv::BORDER_CONSTANT, 0);
  return moved;
}

void turn(Print& print, int quarter) {
  for (cv::Mat* part : {&print.image, &print.alpha, &print.ids}) cv::rotate(*part, *part, quarter);
}

cv::Matx33d rotation(double roll, double pitch, double yaw) {
  const double cr = std::cos(roll), sr = std::sin(roll), cp = std::cos(pitch), sp = std::sin(pitch);
  const double cy = std::cos(yaw), sy = std::sin(yaw);
  const cv::Matx33d rz(cr, -sr, 0, sr, cr, 0, 0, 0, 1), rx(1, 0, 0, 0, cp, -sp, 0, sp, cp);
  const cv::Matx33d ry(cy, 0, sy, 0, 1, 0, -sy, 0, cy);
  return rz * rx * ry;
}

/// Things lie straight, on their side, or at any angle.
double random_roll(Rng& random) {
  const double kind = random.uniform();
  if (kind < 0.5) return random.uniform(-0.2, 0.2);
  if (kind < 0.65) {
    const double quarter = static_cast<double>(random.integer(1, 3)) * CV_PI / 2;
    return quarter + random.uniform(-0.2, 0.2);
  }
  return random.uniform(0, 2 * CV_PI);
}

/// Mostly facing the camera; at times so oblique that one side shrinks to less than half.
double random_tilt(Rng& random) {
  const double share = random.uniform(-1, 1);
  return 1.15 * share * std::abs(share);
}

/// Draws one side of a box if its outside faces the camera.
void draw_side(Layer& layer, const std::array<cv::Point2d, 4>& corners, const cv::Scalar& colour) {
  std::vector<cv::Point> polygon;
  double area = 0;
  for (size_t i = 0; i < 4; ++i) {
    const cv::Point2d& next = corners[(i + 1) % 4];
    area += corners[i].x * next.y - next.x * corners[i].y;
    polygon.emplace_back(cvRound(corners[i].x - layer.corner.x), cvRound(corners[i].y - layer.corner.y));
  }
  if (area <= 0) return;
  cv::fillConvexPoly(layer.image, polygon, colour, cv::LINE_AA);
  cv::fillConvexPoly(layer.alpha, polygon, cv::Scalar::all(255), cv::LINE_AA);
}

}  // namespace

Print round_cylinder(const Print& print, Rng& random) {
  Print source = print;
  const bool lying = random.chance(0.3);
  if (lying) turn(source, cv::ROTATE_90_CLOCKWISE);
  const double arc = random.uniform(0.7, 2.9), light = random.uniform(-0.9, 0.9);
  const double radius = source.image.cols / arc, half = radius * std::sin(arc / 2);
  const double bow = random.uniform(-0.35, 0.35) * radius, deepest = std::abs(bow) * (1 - std::cos(arc / 2));
  const cv::Size size(std::max(4, static_cast<int>(2 * half)),
                      source.image.rows + static_cast<int>(deepest) + 1);
  cv::Mat map_x(size, CV_32F), map_y(size, CV_32F), lit(size, CV_32F);
  const double gloss = random.chance(0.4) ? random.uniform(0.1, 0.8) : 0;
  std::vector<double> drop(static_cast<size_t>(size.width));
  for (int x = 0; x < size.width; ++x) {
    const double angle = std::asin(std::clamp((x + 0.5 - half) / radius, -1.0, 1.0));
    map_x.col(x).setTo(source.image.cols * 0.5 + radius * angle - 0.5);
    const double shine = gloss * std::pow(std::max(0.0, std::cos(2.5 * (angle - light))), 12);
    lit.col(x).setTo(0.4 + 0.65 * std::cos(angle - 0.5 * light) + shine);
    const double fall = bow * (1 - std::cos(angle));
    drop[static_cast<size_t>(x)] = bow < 0 ? fall + deepest : fall;
  }
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x)
      map_y.at<float>(y, x) = static_cast<float>(y - drop[static_cast<size_t>(x)]);
  }
  Print bent = remapped(source, map_x, map_y);
  shade(bent.image, lit);
  if (lying) turn(bent, cv::ROTATE_90_COUNTERCLOCKWISE);
  bent.bends = false;
  return bent;
}

Print crumpled(const Print& print, double strength, Rng& random) {
  const cv::Size size = print.image.size();
  const int shorter = std::min(size.width, size.height);
  const double cell = shorter * random.uniform(0.25, 1.2);
  const auto field = [&] { return cloud(size, {cell + 2, cell + 2}, 2, random, 0.35); };
  const cv::Mat height = field();
  cv::Mat map_x = (field() - 0.5) * (2 * strength * shorter),
          map_y = (field() - 0.5) * (2 * strength * shorter);
  for (int y = 0; y < size.height; ++y) {
    auto* to_x = map_x.ptr<float>(y);
    auto* to_y = map_y.ptr<float>(y);
    for (int x = 0; x < size.width; ++x) {
      to_x[x] += static_cast<float>(x);
      to_y[x] += static_cast<float>(y);
    }
  }
  Print moved = remapped(print, map_x, map_y);
  // Light comes from one side: slopes towards it are bright.
  cv::Mat slope_x, slope_y, lit;
  cv::Sobel(height, slope_x, CV_32F, 1, 0, 3);
  cv::Sobel(height, slope_y, CV_32F, 0, 1, 3);
  const double angle = random.uniform(0, 2 * CV_PI),
               depth = cell * random.uniform(0.03, 0.1) * std::min(1.0, 12 * strength);
  cv::addWeighted(slope_x, depth * std::cos(angle), slope_y, depth * std::sin(angle), 1, lit);
  cv::max(lit, 0.35, lit);
  shade(moved.image, lit);
  return moved;
}

Layer posed(const Print& print, cv::Point2d centre, double scale, bool box, Rng& random) {
  const double width = print.image.cols, height = print.image.rows;
  const double roll = random_roll(random), pitch = random_tilt(random), yaw = random_tilt(random);
  const cv::Matx33d turned = rotation(roll, pitch, yaw);
  const double distance = std::hypot(width, height) * random.uniform(0.75, 3);
  const double depth = box ? std::min(width, height) * random.uniform(0.15, 1.2) : 0;
  const auto project = [&](double x, double y, double z) {
    const cv::Vec3d p = turned * cv::Vec3d(x - width / 2, y - height / 2, z);
    const double shrink = scale * distance / std::max(0.2 * distance, distance + p[2]);
    return cv::Point2d(centre.x + p[0] * shrink, centre.y + p[1] * shrink);
  };
  const std::array front{project(0, 0, 0), project(width, 0, 0), project(width, height, 0),
                         project(0, height, 0)};
  const std::array back{project(0, 0, depth), project(width, 0, depth), project(width, height, depth),
                        project(0, height, depth)};
  std::vector<cv::Point2f> outline(front.begin(), front.end());
  if (box) outline.insert(outline.end(), back.begin(), back.end());
  const cv::Rect bounds = cv::boundingRect(outline) + cv::Size(4, 4) - cv::Point(2, 2);

  Layer layer{.corner = bounds.tl(), .image = {}, .alpha = {}, .ids = {}, .labels = print.labels};
  std::array<cv::Point2f, 4> from{cv::Point2f(0, 0), cv::Point2f(print.image.cols, 0),
                                  cv::Point2f(print.image.cols, print.image.rows),
                                  cv::Point2f(0, print.image.rows)};
  std::array<cv::Point2f, 4> to;
  for (size_t i = 0; i < 4; ++i) to[i] = cv::Point2f(front[i] - cv::Point2d(bounds.tl()));
  const cv::Mat warp = cv::getPerspectiveTransform(from.data(), to.data());
  cv::Mat front_image, front_alpha;
  cv::warpPerspective(print.image, front_image, warp, bounds.size(), cv::INTER_LINEAR, cv::BORDER_REPLICATE);
  cv::warpPerspective(print.alpha, front_alpha, warp, bounds.size(), cv::INTER_LINEAR, cv::BORDER_CONSTANT,
                      0);
  cv::warpPerspective(print.ids, layer.ids, warp, bounds.size(), cv::INTER_NEAREST, cv::BORDER_CONSTANT, 0);
  if (!box) {
    layer.image = front_image;
    layer.alpha = front_alpha;
    return layer;
  }
  layer.image = cv::Mat::zeros(bounds.size(), CV_8UC3);
  layer.alpha = cv::Mat::zeros(bounds.size(), CV_8U);
  const cv::Scalar colour = cv::mean(print.image);
  for (size_t i = 0; i < 4; ++i) {
    const size_t next = (i + 1) % 4;
    draw_side(layer, {front[next], front[i], back[i], back[next]}, colour * random.uniform(0.3, 0.95));
  }
  blend(layer.image, front_image, front_alpha);
  cv::max(layer.alpha, front_alpha, layer.alpha);
  return layer;
}

}  // namespace focus::scenes
