#include "scenes/codes/codes_texture.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "scenes/shapes/synth_texture.h"

namespace focus::scenes {

cv::Mat cloud(cv::Size size, cv::Size2d cell, int octaves, Rng& random, double gain) {
  cv::Mat sum = cv::Mat::zeros(size, CV_32F), layer;
  double weight = 1;
  for (int octave = 0; octave < octaves; ++octave) {
    const cv::Size coarse(std::max(2, static_cast<int>(std::ceil(size.width / cell.width)) + 1),
                          std::max(2, static_cast<int>(std::ceil(size.height / cell.height)) + 1));
    cv::Mat values(std::min(coarse.height, size.height), std::min(coarse.width, size.width), CV_32F);
    for (int y = 0; y < values.rows; ++y) {
      auto* row = values.ptr<float>(y);
      for (int x = 0; x < values.cols; ++x) row[x] = static_cast<float>(random.uniform());
    }
    cv::resize(values, layer, size, 0, 0, cv::INTER_CUBIC);
    cv::scaleAdd(layer, weight, sum, sum);
    weight *= gain;
    cell = {std::max(1.0, cell.width / 2), std::max(1.0, cell.height / 2)};
  }
  cv::normalize(sum, sum, 0, 1, cv::NORM_MINMAX);
  return sum;
}

cv::Scalar colour_between(Rng& random, double least_saturation, double most_saturation, double least_value,
                          double most_value) {
  const double hue = random.uniform();
  const double saturation = random.uniform(least_saturation, most_saturation);
  const Colour colour = from_hsv(hue, saturation, random.uniform(least_value, most_value));
  return {colour[0] * 255.0, colour[1] * 255.0, colour[2] * 255.0};
}

cv::Scalar paper_colour(Rng& random) {
  if (random.chance(0.55)) return cv::Scalar::all(random.uniform(215, 255));
  return colour_between(random, 0.02, 0.25, 0.75, 1.0);
}

cv::Mat coloured(const cv::Mat& field, const std::vector<cv::Scalar>& stops) {
  cv::Mat table(1, 256, CV_8UC3);
  for (int i = 0; i < 256; ++i) {
    const double place = i / 255.0 * static_cast<double>(stops.size() - 1);
    const auto below = std::min(static_cast<size_t>(place), stops.size() - 1);
    const auto above = std::min(below + 1, stops.size() - 1);
    const double share = place - static_cast<double>(below);
    for (int channel = 0; channel < 3; ++channel) {
      table.at<cv::Vec3b>(0, i)[channel] =
          cv::saturate_cast<uint8_t>(stops[below][channel] * (1 - share) + stops[above][channel] * share);
    }
  }
  cv::Mat levels, image;
  field.convertTo(levels, CV_8U, 255);
  cv::cvtColor(levels, image, cv::COLOR_GRAY2BGR);
  cv::LUT(image, table, image);
  return image;
}

void shade(cv::Mat& image, const cv::Mat& field) {
  cv::Mat fixed;
  // Fixed point with eight fractional bits is several times as fast as floating point.
  field.convertTo(fixed, CV_16U, 256);
  for (int y = 0; y < image.rows; ++y) {
    auto* pixel = image.ptr<uint8_t>(y);
    const auto* factor = fixed.ptr<uint16_t>(y);
    for (int x = 0; x < image.cols; ++x, pixel += 3) {
      for (int channel = 0; channel < 3; ++channel) {
        pixel[channel] = static_cast<uint8_t>(std::min((pixel[channel] * factor[x] + 128) >> 8, 255));
      }
    }
  }
}

void blend(cv::Mat& image, const cv::Mat& over, const cv::Mat& alpha) {
  for (int y = 0; y < image.rows; ++y) {
    auto* below = image.ptr<uint8_t>(y);
    const auto* above = over.ptr<uint8_t>(y);
    const auto* share = alpha.ptr<uint8_t>(y);
    for (int x = 0; x < image.cols; ++x, below += 3, above += 3) {
      if (share[x] == 0) continue;
      for (int channel = 0; channel < 3; ++channel) {
        below[channel] =
            static_cast<uint8_t>((below[channel] * (255 - share[x]) + above[channel] * share[x] + 127) / 255);
      }
    }
  }
}

double luminance(const cv::Scalar& bgr) { return (0.114 * bgr[0] + 0.587 * bgr[1] + 0.299 * bgr[2]) / 255; }

cv::Point point_in(const cv::Rect& area, Rng& random) {
  const auto x = static_cast<int>(random.integer(area.x, area.x + area.width - 1));
  const auto y = static_cast<int>(random.integer(area.y, area.y + area.height - 1));
  return {x, y};
}

}  // namespace focus::scenes
