#include "scenes/codes/codes_camera.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "images/opencv/encode.h"
#include "scenes/codes/codes_texture.h"
#include "scenes/synth_random.h"

namespace focus::scenes {
namespace {

/// Light varies slowly over the image, so its fields are drawn this many times smaller.
constexpr int kCoarse = 8;

cv::Size coarse(cv::Size size) { return {size.width / kCoarse + 1, size.height / kCoarse + 1}; }

cv::Mat enlarged(const cv::Mat& field, cv::Size size) {
  cv::Mat fine;
  cv::resize(field, fine, size, 0, 0, cv::INTER_LINEAR);
  return fine;
}

void add_shadow(cv::Mat& field, Rng& random) {
  cv::Mat mask = cv::Mat::zeros(field.size(), CV_32F);
  const cv::Rect around(-field.cols / 2, -field.rows / 2, 2 * field.cols, 2 * field.rows);
  for (int64_t left = random.integer(1, 3); left > 0; --left) {
    std::vector<cv::Point> corners, hull;
    for (int64_t i = random.integer(3, 6); i > 0; --i) corners.push_back(point_in(around, random));
    cv::convexHull(corners, hull);
    cv::fillConvexPoly(mask, hull, cv::Scalar::all(1), cv::LINE_AA);
  }
  const double softness = random.uniform(0.4, 4);
  cv::GaussianBlur(mask, mask, {}, softness);
  const double depth = random.uniform(0.2, 0.65);
  cv::Mat passed = 1 - mask * depth;
  field = field.mul(passed);
}

void add_glare(cv::Mat& image, Rng& random) {
  const cv::Size size = coarse(image.size());
  cv::Mat glow = cv::Mat::zeros(size, CV_32F);
  for (int64_t left = random.integer(1, 2); left > 0; --left) {
    const cv::Point at = point_in({{0, 0}, size}, random);
    const int longer = static_cast<int>(random.uniform(0.03, 0.25) * size.width) + 1;
    const int shorter = std::max(1, static_cast<int>(longer * random.uniform(0.15, 1)));
    cv::ellipse(glow, at, {longer, shorter}, random.uniform(0, 180), 0, 360, cv::Scalar::all(1), cv::FILLED);
  }
  const double softness = random.uniform(0.7, 4);
  cv::GaussianBlur(glow, glow, {}, softness);
  cv::Mat light = enlarged(glow, image.size()) * random.uniform(40, 260), added;
  light.convertTo(light, CV_8U);
  cv::cvtColor(light, added, cv::COLOR_GRAY2BGR);
  cv::add(image, added, image);
}

void expose(cv::Mat& image, Rng& random) {
  // A camera's exposure is right to within about a stop.
  const double measured = std::max(20.0, luminance(cv::mean(image)) * 255);
  const double wanted = log_uniform(random, 60, 175);
  const double gain = std::clamp(std::pow(wanted / measured, random.uniform(0.5, 1)), 0.5, 2.6);
  const double gamma = log_uniform(random, 0.75, 1.35);
  const double black = random.chance(0.3) ? random.uniform(0, 45) : 0, contrast = random.uniform(0.75, 1.15);
  const double cast = random.uniform(0, 0.14);
  cv::Mat table(1, 256, CV_8UC3);
  double channel_gain[3];
  for (double& value : channel_gain) value = gain * (1 + cast * random.uniform(-1, 1));
  for (int i = 0; i < 256; ++i) {
    for (int c = 0; c < 3; ++c) {
      const double linear = std::pow(i / 255.0, gamma) * channel_gain[c];
      table.at<cv::Vec3b>(0, i)[c] =
          cv::saturate_cast<uint8_t>(black + (255 - black) * (0.5 + (linear - 0.5) * contrast));
    }
  }
  cv::LUT(image, table, image);
}

void motion_blur(cv::Mat& image, double length, Rng& random) {
  const int side = static_cast<int>(std::ceil(length)) | 1;
  cv::Mat kernel = cv::Mat::zeros(side, side, CV_32F);
  const double angle = random.uniform(0, CV_PI);
  const int middle = side / 2;
  const cv::Point2d along(std::cos(angle) * length / 2, std::sin(angle) * length / 2);
  const cv::Point from(cvRound(middle - along.x), cvRound(middle - along.y));
  const cv::Point to(cvRound(middle + along.x), cvRound(middle + along.y));
  cv::line(kernel, from, to, cv::Scalar::all(1), 1, cv::LINE_8);
  kernel /= cv::sum(kernel)[0];
  cv::filter2D(image, image, -1, kernel);
}

void add_noise(cv::Mat& image, Rng& random) {
  const double strength = random.chance(0.15) ? random.uniform(7, 18) : random.uniform(0.5, 7);
  const double colourful = random.uniform(0.1, 0.6);
  const bool coarse_grain = random.chance(0.3);
  // Independent noise for every pixel would take most of the time per image; a tile of it is drawn once and
  // repeated, at times mirrored.
  constexpr int kSide = 96;
  cv::Mat grains(kSide, kSide, CV_32FC3), sheet;
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      const double grey = normal(random);
      for (int c = 0; c < 3; ++c) {
        grains.at<cv::Vec3f>(y, x)[c] = static_cast<float>(strength * (grey + colourful * normal(random)));
      }
    }
  }
  if (coarse_grain) cv::GaussianBlur(grains, grains, {}, 0.7);
  cv::Mat part;
  for (int top = 0; top < image.rows; top += kSide) {
    for (int left = 0; left < image.cols; left += kSide) {
      const cv::Rect area = cv::Rect(left, top, kSide, kSide) & cv::Rect({0, 0}, image.size());
      sheet = grains;
      if (random.chance(0.5)) cv::flip(sheet, part = cv::Mat(), static_cast<int>(random.integer(-1, 1)));
      const cv::Mat& used = part.empty() ? sheet : part;
      cv::Mat target = image(area);
      cv::add(target, used({{0, 0}, area.size()}), target, cv::noArray(), CV_8U);
      part.release();
    }
  }
}

void lose_resolution(cv::Mat& image, double factor) {
  cv::Mat small;
  const cv::Size size(std::max(16, static_cast<int>(image.cols / factor)),
                      std::max(16, static_cast<int>(image.rows / factor)));
  cv::resize(image, small, size, 0, 0, cv::INTER_AREA);
  cv::resize(small, image, image.size(), 0, 0, cv::INTER_CUBIC);
}

void compress(cv::Mat& image, Rng& random) {
  const auto quality = static_cast<int>(random.integer(22, 90));
  const auto bytes = images::encode_image(image, ".jpg", "a synthetic image", quality);
  image = cv::imdecode(bytes, cv::IMREAD_COLOR);
}

}  // namespace

void light_up(cv::Mat& image, Rng& random) {
  const cv::Size size = coarse(image.size());
  const double strength = random.uniform(0, 0.6), angle = random.uniform(0, 2 * CV_PI);
  const double cell = random.uniform(0.3, 2) * size.width;
  const double mottle = random.uniform(0, 0.35);
  cv::Mat field = cloud(size, {cell, cell}, 2, random) * mottle + 0.85;
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      const int right = x - size.width / 2, down = y - size.height / 2;
      const double along = std::cos(angle) * right + std::sin(angle) * down;
      field.at<float>(y, x) *= static_cast<float>(1 + strength * along / size.width);
    }
  }
  if (random.chance(0.35)) add_shadow(field, random);
  shade(image, enlarged(field, image.size()));
  if (random.chance(0.25)) add_glare(image, random);
}

void take_image(cv::Mat& image, double finest, Rng& random) {
  if (random.chance(0.3)) {
    const double strength = random.uniform(0.1, 0.5);
    cv::Mat field(coarse(image.size()), CV_32F);
    for (int y = 0; y < field.rows; ++y) {
      for (int x = 0; x < field.cols; ++x) {
        const double dx = 2.0 * x / field.cols - 1, dy = 2.0 * y / field.rows - 1;
        field.at<float>(y, x) = static_cast<float>(1 - strength * (dx * dx + dy * dy) / 2);
      }
    }
    shade(image, enlarged(field, image.size()));
  }
  expose(image, random);
  const double worst = std::clamp(finest * 0.035, 0.3, 3.5);
  const double kind = random.uniform();
  if (kind < 0.55) {
    const double sharp = random.uniform(0.1, 1), sigma = worst * sharp * random.uniform(0.3, 1);
    if (sigma > 0.25) cv::GaussianBlur(image, image, {}, sigma);
  } else if (kind < 0.75) {
    motion_blur(image, std::max(1.5, worst * random.uniform(0.5, 3)), random);
  }
  if (random.chance(0.25)) lose_resolution(image, random.uniform(1.1, std::clamp(finest / 22, 1.2, 3.0)));
  add_noise(image, random);
  if (random.chance(0.6)) compress(image, random);
}

}  // namespace focus::scenes
