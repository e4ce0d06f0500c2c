#include "scenes/shapes/synth_texture.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "scenes/shapes/synth_shapes.h"
#include "scenes/synth_random.h"

namespace focus::scenes {
namespace {

/// The finaliser of SplitMix64: neighbouring cells get unrelated values.
uint64_t mix_bits(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

float lattice(int64_t x, int64_t y, uint64_t seed) {
  const uint64_t key =
      static_cast<uint64_t>(x) * 0x9e3779b97f4a7c15ULL + static_cast<uint64_t>(y) * 0xc2b2ae3d27d4eb4fULL;
  return static_cast<float>(mix_bits(key ^ seed) >> 40) * 0x1.0p-24F;
}

float value_noise(double x, double y, uint64_t seed) {
  const double floor_x = std::floor(x), floor_y = std::floor(y);
  const auto cell_x = static_cast<int64_t>(floor_x), cell_y = static_cast<int64_t>(floor_y);
  const auto smooth = [](double t) { return static_cast<float>(t * t * (3 - 2 * t)); };
  const float u = smooth(x - floor_x), v = smooth(y - floor_y);
  const float above = lattice(cell_x, cell_y, seed) * (1 - u) + lattice(cell_x + 1, cell_y, seed) * u;
  const float below = lattice(cell_x, cell_y + 1, seed) * (1 - u) + lattice(cell_x + 1, cell_y + 1, seed) * u;
  return above * (1 - v) + below * v;
}

/// Rises from 0 to 1 over a short distance around 0, for anti-aliased edges of a pattern.
float soft_step(double x, double softness) {
  return static_cast<float>(std::clamp(0.5 + x / softness, 0.0, 1.0));
}

}  // namespace

Colour from_hsv(double hue, double saturation, double value) {
  const auto channel = [&](double offset) {
    const double k = std::fmod(offset + hue * 6, 6.0);
    return static_cast<float>(value - value * saturation * std::max(0.0, std::min({k, 4 - k, 1.0})));
  };
  return {channel(1), channel(3), channel(5)};
}

float fractal_noise(double x, double y, uint64_t seed, int octaves) {
  float sum = 0, weight = 1, total = 0;
  for (int i = 0; i < octaves; ++i) {
    sum += weight * value_noise(x, y, seed + static_cast<uint64_t>(i));
    total += weight;
    weight *= 0.5F;
    x *= 2;
    y *= 2;
  }
  return sum / total;
}

Material::Material(Rng& random, bool vivid, double scale) {
  pattern_ = static_cast<Pattern>(random.integer(0, static_cast<int64_t>(Pattern::kPatterns) - 1));
  const double hue = random.uniform();
  if (vivid) {
    first_ = from_hsv(hue, random.uniform(0.35, 0.95), random.uniform(0.45, 1.0));
    second_ = from_hsv(std::fmod(hue + random.uniform(0.1, 0.9), 1.0), random.uniform(0.1, 0.9),
                       random.uniform(0.3, 1.0));
  } else {
    const double value = random.uniform(0.3, 0.95);
    first_ = from_hsv(hue, random.uniform(0.03, 0.55), value);
    second_ = from_hsv(std::fmod(hue + random.uniform(-0.12, 0.12) + 1, 1.0), random.uniform(0.03, 0.55),
                       std::clamp(value + random.uniform(-0.3, 0.3), 0.15, 1.0));
  }
  frequency_ = scale * random.uniform(0.7, 1.5);
  const double angle = random.uniform(0, M_PI);
  cosine_ = std::cos(angle);
  sine_ = std::sin(angle);
  grain_ = random.uniform(0.02, 0.14);
  seed_ = random.next();
}

Colour Material::at(double u, double v) const {
  const double x = frequency_ * (cosine_ * u + sine_ * v), y = frequency_ * (cosine_ * v - sine_ * u);
  float share = 0;
  switch (pattern_) {
    case Pattern::kGradient:
      share = static_cast<float>(std::clamp(0.5 + 0.5 * (cosine_ * u + sine_ * v), 0.0, 1.0));
      break;
    case Pattern::kStripes:
      share = soft_step(std::sin(2 * M_PI * x), 0.5);
      break;
    case Pattern::kChecks:
      share = soft_step(std::sin(M_PI * x) * std::sin(M_PI * y), 0.3);
      break;
    case Pattern::kDots:
      share = soft_step(0.3 - std::hypot(x - std::round(x), y - std::round(y)), 0.12);
      break;
    case Pattern::kMarble:
      share = soft_step(std::sin(2 * M_PI * (0.5 * x + 1.5 * fractal_noise(x, y, seed_, 3))), 2.0);
      break;
    default:
      break;
  }
  const auto grain = static_cast<float>(grain_) * (fractal_noise(4 * x, 4 * y, seed_ + 17, 3) - 0.5F) * 2;
  return (first_ * (1 - share) + second_ * share) * (1 + grain);
}

namespace {

/// Paints large flat shapes without light or shadow: cloth, paper, marks on a table.
void add_flat_shapes(cv::Mat& image, Rng& random) {
  const int side = std::min(image.cols, image.rows);
  for (int64_t left = random.integer(0, 5); left > 0; --left) {
    Outline outline = distractor_outline(random);
    const double size = random.uniform(0.2, 0.9) * side;
    place_outline(outline, random.uniform(0, 2 * M_PI), {random.uniform(-0.4, 0.4), 1}, size);
    cv::Mat hollow;
    const cv::Mat mask = rasterise(outline, static_cast<int>(size) + 2, hollow);
    const cv::Point corner(static_cast<int>(random.integer(-mask.cols / 2, image.cols - mask.cols / 2)),
                           static_cast<int>(random.integer(-mask.rows / 2, image.rows - mask.rows / 2)));
    const Material material(random, random.chance(0.3), log_uniform(random, 2, 9));
    const auto opacity = static_cast<float>(random.uniform(0.15, 0.6));
    const cv::Rect inside = cv::Rect(corner, mask.size()) & cv::Rect({0, 0}, image.size());
    for (int y = inside.y; y < inside.br().y; ++y) {
      for (int x = inside.x; x < inside.br().x; ++x) {
        const float alpha = opacity * static_cast<float>(mask.at<uint8_t>(y - corner.y, x - corner.x)) / 255;
        if (alpha <= 0) continue;
        auto& pixel = image.at<Colour>(y, x);
        pixel = pixel * (1 - alpha) +
                material.at(x / static_cast<double>(side), y / static_cast<double>(side)) * alpha;
      }
    }
  }
}

}  // namespace

cv::Mat render_background(cv::Size size, Rng& random) {
  const Material material(random, false, log_uniform(random, 2, 9));
  const Material other(random, false, log_uniform(random, 2, 9));
  const uint64_t seed = random.next();
  // Two materials meet along a wavy line, as a table and a wall do; the line often lies outside the image.
  const double horizon = random.uniform(-0.6, 1.6), tilt = random.uniform(-0.3, 0.3),
               light = random.uniform(0, 2 * M_PI);
  const double unit = 1.0 / size.height;
  cv::Mat image(size, CV_32FC3);
  for (int row = 0; row < size.height; ++row) {
    for (int column = 0; column < size.width; ++column) {
      const double u = column * unit, v = row * unit;
      const float cloud = fractal_noise(2.5 * u, 2.5 * v, seed, 5);
      const float blend = soft_step(v - horizon - tilt * (u - 0.6) + 0.06 * (cloud - 0.5), 0.02);
      const auto lit =
          static_cast<float>(0.9 + 0.25 * (std::cos(light) * (u - 0.6) + std::sin(light) * (v - 0.5))) +
          0.5F * (cloud - 0.4F);
      const Colour colour = blend <= 0   ? material.at(u, v)
                            : blend >= 1 ? other.at(u, v)
                                         : Colour(material.at(u, v) * (1 - blend) + other.at(u, v) * blend);
      image.at<Colour>(row, column) = colour * lit;
    }
  }
  add_flat_shapes(image, random);
  return image;
}

}  // namespace focus::scenes
