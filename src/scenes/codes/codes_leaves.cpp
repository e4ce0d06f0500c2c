#include "scenes/codes/codes_leaves.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "scenes/codes/codes_patterns.h"
#include "scenes/codes/codes_texture.h"
#include "scenes/synth_random.h"

namespace focus::scenes {
namespace {

std::vector<cv::Scalar> palette(Rng& random) {
  std::vector<cv::Scalar> colours;
  const double most_saturated = random.uniform(0.1, 0.9);
  for (int64_t left = random.integer(3, 8); left > 0; --left) {
    colours.push_back(colour_between(random, 0, most_saturated, 0.05, 1));
  }
  return colours;
}

cv::Scalar one_of(const std::vector<cv::Scalar>& colours, Rng& random) {
  const auto& colour =
      colours[static_cast<size_t>(random.integer(0, static_cast<int64_t>(colours.size()) - 1))];
  return colour * random.uniform(0.7, 1.15);
}

/// Sheets that leaves are cut from: shaded colours and patterns, as large as the image.
std::vector<cv::Mat> materials(cv::Size size, const std::vector<cv::Scalar>& colours, Rng& random) {
  std::vector<cv::Mat> sheets;
  for (int64_t left = random.integer(2, 4); left > 0; --left) {
    const double cell = log_uniform(random, 4, 200);
    const cv::Scalar colour = one_of(colours, random);
    sheets.push_back(coloured(cloud(size, {cell, cell}, 4, random, random.uniform(0.3, 0.8)),
                              {colour * random.uniform(0.3, 0.8), colour}));
  }
  using Maker = cv::Mat (*)(cv::Size, Rng&);
  static constexpr std::array<Maker, 5> patterns{railing, mesh, plaid, streaks, lettering};
  for (int64_t left = random.integer(0, 2); left > 0; --left) {
    sheets.push_back(patterns[static_cast<size_t>(random.integer(0, 4))](size, random));
  }
  return sheets;
}

/// An outline of about `radius` around a point: round, angular or long.
std::vector<cv::Point> outline(cv::Point2d at, double radius, Rng& random) {
  const double aspect = log_uniform(random, 1, random.chance(0.2) ? 14 : 3), angle = random.uniform(0, 360);
  const double longer = radius * std::sqrt(aspect), shorter = radius / std::sqrt(aspect);
  std::vector<cv::Point> points;
  const double kind = random.uniform();
  if (kind < 0.35) {
    cv::ellipse2Poly(cv::Point(at), {cvRound(longer) + 1, cvRound(shorter) + 1}, cvRound(angle), 0, 360, 15,
                     points);
  } else if (kind < 0.7) {
    const cv::RotatedRect box(
        cv::Point2f(at), cv::Size2f(static_cast<float>(2 * longer), static_cast<float>(2 * shorter)),
        static_cast<float>(random.chance(0.6) ? std::round(angle / 90) * 90 + random.uniform(-4, 4) : angle));
    std::array<cv::Point2f, 4> corners;
    box.points(corners.data());
    points.assign(corners.begin(), corners.end());
  } else {
    std::vector<cv::Point> loose;
    for (int64_t left = random.integer(3, 7); left > 0; --left) {
      loose.emplace_back(cvRound(at.x + longer * random.uniform(-1, 1)),
                         cvRound(at.y + shorter * random.uniform(-1, 1)));
    }
    cv::convexHull(loose, points);
  }
  return points;
}

}  // namespace

cv::Mat leaves(cv::Size size, Rng& random) {
  const auto colours = palette(random);
  const auto sheets = materials(size, colours, random);
  cv::Mat image = sheets.front().clone();
  const double smallest = random.uniform(3, 14), largest = 0.5 * size.width;
  const double textured = random.uniform(0, 0.6);
  const double rest = 1 - smallest * smallest / (largest * largest);
  for (int64_t left = random.integer(60, 600); left > 0; --left) {
    // The density of radii is r^-3, which makes the image look the same at every scale.
    const double radius = smallest / std::sqrt(1 - random.uniform() * rest);
    const auto points = outline(cv::Point2d(point_in(whole(image), random)), radius, random);
    if (!random.chance(textured)) {
      cv::fillConvexPoly(image, points, one_of(colours, random), cv::LINE_AA);
      continue;
    }
    const cv::Rect area = cv::boundingRect(points) & whole(image);
    if (area.empty()) continue;
    cv::Mat mask = cv::Mat::zeros(area.size(), CV_8U);
    std::vector<cv::Point> moved = points;
    for (auto& point : moved) point -= area.tl();
    cv::fillConvexPoly(mask, moved, cv::Scalar::all(255), cv::LINE_AA);
    const auto& sheet =
        sheets[static_cast<size_t>(random.integer(0, static_cast<int64_t>(sheets.size()) - 1))];
    cv::Mat target = image(area);
    blend(target, sheet(area), mask);
  }
  return image;
}

}  // namespace focus::scenes
