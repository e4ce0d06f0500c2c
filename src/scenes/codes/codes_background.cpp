#include "scenes/codes/codes_background.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "scenes/codes/codes_artwork.h"
#include "scenes/codes/codes_leaves.h"
#include "scenes/codes/codes_patterns.h"
#include "scenes/codes/codes_texture.h"
#include "scenes/synth_random.h"

namespace focus::scenes {
namespace {

void blur(cv::Mat& image, double sigma) {
  // A wide blur on a smaller image gives the same result many times faster.
  if (sigma < 3) {
    if (sigma > 0.3) cv::GaussianBlur(image, image, {}, sigma);
    return;
  }
  const cv::Size size = image.size();
  const double factor = sigma / 2;
  cv::resize(image, image,
             {std::max(2, static_cast<int>(size.width / factor)),
              std::max(2, static_cast<int>(size.height / factor))},
             0, 0, cv::INTER_AREA);
  cv::GaussianBlur(image, image, {}, 2);
  cv::resize(image, image, size, 0, 0, cv::INTER_CUBIC);
}

cv::Mat wall(cv::Size size, Rng& random) {
  const cv::Scalar colour =
      random.chance(0.5) ? paper_colour(random) : colour_between(random, 0, 0.6, 0.1, 1);
  const double cell = random.uniform(3, 300), contrast = random.uniform(0.02, 0.5);
  return coloured(cloud(size, {cell, cell}, 4, random, random.uniform(0.4, 0.8)),
                  {colour * (1 - contrast), colour});
}

cv::Mat wood(cv::Size size, Rng& random) {
  const double length = random.uniform(150, 600), width = random.uniform(4, 30);
  cv::Mat field = cloud(size, {length, width}, 5, random, 0.65);
  const double rings = random.uniform(0, 8);
  for (int y = 0; y < size.height && rings > 1; ++y) {
    for (int x = 0; x < size.width; ++x) {
      auto& value = field.at<float>(y, x);
      value = static_cast<float>(0.5 * value + 0.25 + 0.25 * std::sin(rings * 2 * CV_PI * value));
    }
  }
  const double value = random.uniform(0.35, 0.95), reddish = random.uniform(0.5, 0.85);
  const cv::Scalar light(value * 255 * reddish * reddish, value * 255 * reddish, value * 255);
  cv::Mat image = coloured(field, {light * random.uniform(0.4, 0.85), light});
  if (random.chance(0.6)) {
    const auto plank = static_cast<int>(random.integer(40, 220));
    for (int y = static_cast<int>(random.integer(0, plank)); y < size.height; y += plank) {
      cv::line(image, {0, y}, {size.width, y}, light * 0.25, 1 + static_cast<int>(random.integer(0, 3)),
               cv::LINE_AA);
    }
  }
  return image;
}

cv::Mat cardboard(cv::Size size, Rng& random) {
  const double value = random.uniform(0.5, 0.9);
  const cv::Scalar brown(value * 125, value * 175, value * 215);
  const double cell = random.uniform(2, 6);
  cv::Mat image = coloured(cloud(size, {cell * 4, cell}, 4, random, 0.8), {brown * 0.85, brown * 1.05});
  if (random.chance(0.4)) {
    const auto flute = static_cast<int>(random.integer(5, 14));
    for (int y = 0; y < size.height; y += flute) cv::line(image, {0, y}, {size.width, y}, brown * 0.93);
  }
  if (random.chance(0.5)) {
    const int y = point_in(whole(image), random).y, width = static_cast<int>(random.integer(20, 90));
    cv::Mat tape = image(cv::Rect(0, y, size.width, width) & whole(image));
    const double gain = random.uniform(0.75, 1.15);
    tape.convertTo(tape, -1, gain, random.uniform(-10, 30));
  }
  return image;
}

cv::Mat cloth(cv::Size size, Rng& random) {
  const cv::Scalar colour = colour_between(random, 0, 0.8, 0.1, 0.95);
  const double across = 2 * CV_PI / random.uniform(2.5, 7), down = 2 * CV_PI / random.uniform(2.5, 7);
  const cv::Mat folds = cloud(size, {random.uniform(60, 300), random.uniform(60, 300)}, 3, random);
  const double weave = random.uniform(0.1, 0.5), stripes = random.chance(0.3) ? random.uniform(0.2, 0.6) : 0;
  const double stripe = 2 * CV_PI / random.uniform(12, 80);
  cv::Mat field(size, CV_32F);
  for (int y = 0; y < size.height; ++y) {
    const double row = std::sin(y * down);
    for (int x = 0; x < size.width; ++x) {
      double value = 0.7 * folds.at<float>(y, x) + weave * 0.5 * std::sin(x * across) * row;
      if (stripes > 0) value += stripes * (std::sin(x * stripe) > 0.3 ? 0.5 : 0);
      field.at<float>(y, x) = static_cast<float>(value);
    }
  }
  return coloured(field, {colour * 0.35, colour, colour * 1.2});
}

cv::Mat bricks(cv::Size size, Rng& random) {
  const auto height = static_cast<int>(random.integer(14, 60));
  const int width = static_cast<int>(height * random.uniform(1.8, 3)), joint = std::max(1, height / 9);
  const cv::Scalar mortar = colour_between(random, 0, 0.15, 0.4, 0.8),
                   brick = colour_between(random, 0.1, 0.6, 0.3, 0.8);
  cv::Mat image(size, CV_8UC3, mortar);
  for (int row = 0; row * height < size.height; ++row) {
    for (int x = row % 2 == 0 ? 0 : -width / 2; x < size.width; x += width) {
      cv::rectangle(image, {x, row * height, width - joint, height - joint},
                    brick * random.uniform(0.75, 1.2), cv::FILLED);
    }
  }
  cv::Mat rough = cloud(size, {6, 6}, 3, random, 0.8) * 0.5 + 0.7;
  shade(image, rough);
  return image;
}

/// Goods in rows: boxes and bottles with labels, mostly out of focus.
cv::Mat shelf(cv::Size size, Rng& random) {
  cv::Mat image(size, CV_8UC3, colour_between(random, 0, 0.3, 0.1, 0.4));
  const auto height = static_cast<int>(random.integer(size.height / 5, size.height / 2));
  for (int bottom = height; bottom < size.height + height; bottom += height) {
    cv::Scalar colour = colour_between(random, 0, 0.95, 0.15, 1);
    auto width = static_cast<int>(random.integer(size.width / 22, size.width / 6));
    for (int x = 0; x < size.width;) {
      if (random.chance(0.4)) {
        colour = colour_between(random, 0, 0.95, 0.15, 1);
        width = static_cast<int>(random.integer(size.width / 22, size.width / 6));
      }
      const int top = bottom - static_cast<int>(height * random.uniform(0.6, 0.9));
      cv::rectangle(image, {x, top, width - 2, bottom - top}, colour, cv::FILLED);
      cv::rectangle(image, {x + width / 8, top + (bottom - top) / 3, width * 3 / 4, (bottom - top) / 3},
                    colour_between(random, 0, 0.9, 0.3, 1), cv::FILLED);
      if (random.chance(0.5)) {
        draw_text_line(image, {x + width / 6, top + (bottom - top) / 3, width * 2 / 3, width / 4},
                       random_word(random), colour * 0.3, random);
      }
      x += width + static_cast<int>(random.integer(0, 4));
    }
    cv::rectangle(image, {0, bottom, size.width, std::max(3, height / 12)},
                  cv::Scalar::all(random.uniform(90, 230)), cv::FILLED);
    for (int x = 0; x < size.width; x += static_cast<int>(random.integer(30, 120))) {
      cv::rectangle(image, {x, bottom, 24, std::max(3, height / 14)}, {230, 240, 245}, cv::FILLED);
    }
  }
  blur(image, random.uniform(0, 6));
  return image;
}

/// The things in a room, out of focus.
cv::Mat room(cv::Size size, Rng& random) {
  cv::Mat image = wall(size, random);
  for (int64_t left = random.integer(6, 40); left > 0; --left) {
    const cv::Scalar colour = colour_between(random, 0, 0.8, 0.05, 1);
    const cv::Point at = point_in(whole(image), random);
    const int extent = static_cast<int>(random.uniform(0.03, 0.4) * size.width);
    std::vector<cv::Point> corners;
    const cv::Rect around(at.x - extent, at.y - extent, 2 * extent + 1, 2 * extent + 1);
    for (int64_t i = random.integer(3, 5); i > 0; --i) corners.push_back(point_in(around, random));
    if (random.chance(0.6)) {
      cv::rectangle(image, cv::boundingRect(corners), colour, cv::FILLED);
    } else {
      cv::convexHull(std::vector<cv::Point>(corners), corners);
      cv::fillConvexPoly(image, corners, colour, cv::LINE_AA);
    }
  }
  blur(image, random.uniform(1, 18));
  return image;
}

/// Lamps out of focus.
cv::Mat bokeh(cv::Size size, Rng& random) {
  cv::Mat image = wall(size, random);
  image *= random.uniform(0.15, 0.8);
  for (int64_t left = random.integer(5, 40); left > 0; --left) {
    const cv::Scalar colour = colour_between(random, 0, 0.7, 0.4, 1);
    const cv::Point at = point_in(whole(image), random);
    cv::Mat layer = image.clone();
    cv::circle(layer, at, static_cast<int>(random.integer(4, 40)), colour, cv::FILLED, cv::LINE_AA);
    const double share = random.uniform(0.15, 0.7);
    cv::addWeighted(image, 1 - share, layer, share, 0, image);
  }
  blur(image, random.uniform(0.5, 4));
  return image;
}

/// Things of all sizes, more or less in focus.
cv::Mat things(cv::Size size, Rng& random) {
  cv::Mat image = leaves(size, random);
  blur(image, log_uniform(random, 0.2, 8));
  return image;
}

cv::Mat pattern(cv::Size size, Rng& random) {
  static constexpr std::array patterns{railing, plaid, streaks, streaks, lettering};
  cv::Mat image = patterns[static_cast<size_t>(random.integer(0, static_cast<int64_t>(patterns.size()) - 1))](
      size, random);
  blur(image, log_uniform(random, 0.2, 6));
  return image;
}

// Of the held-out style.

cv::Mat foliage(cv::Size size, Rng& random) {
  cv::Mat image(size, CV_8UC3, cv::Scalar(20, 45, 30));
  const double length = random.uniform(5, 40), slender = random.uniform(0.15, 0.5),
               hue = random.uniform(0.3, 0.9);
  for (int64_t left = static_cast<int64_t>(std::min(3000.0, 9.0 * size.area() / (length * length * slender)));
       left > 0; --left) {
    const double light = random.uniform(0.25, 1);
    const cv::Scalar green(60 * light, (120 + 100 * hue) * light, (200 - 130 * hue) * light);
    const cv::Point at = point_in(whole(image), random);
    const cv::Size axes(static_cast<int>(length) + 1, static_cast<int>(length * slender) + 1);
    cv::ellipse(image, at, axes, random.uniform(0, 180), 0, 360, green, cv::FILLED);
  }
  blur(image, random.uniform(0, 2.5));
  return image;
}

cv::Mat tiles(cv::Size size, Rng& random) {
  const cv::Scalar first = colour_between(random, 0, 0.4, 0.3, 1),
                   second = random.chance(0.5) ? first : first * 0.6;
  const double step = random.uniform(20, 120);
  const double angle = random.uniform(0, CV_PI), cosine = std::cos(angle), sine = std::sin(angle);
  const double joint = random.uniform(0.02, 0.08), lean = random.uniform(0, 0.0015);
  cv::Mat image(size, CV_8UC3);
  for (int y = 0; y < size.height; ++y) {
    const int down = y - size.height / 2;
    const double scale = 1 / (1 + lean * down);
    for (int x = 0; x < size.width; ++x) {
      const int right = x - size.width / 2;
      const double dx = right * scale, dy = y * scale * scale;
      const double u = (dx * cosine + dy * sine) / step, v = (dy * cosine - dx * sine) / step;
      const double fu = u - std::floor(u), fv = v - std::floor(v);
      const bool odd = (static_cast<int64_t>(std::floor(u)) + static_cast<int64_t>(std::floor(v))) % 2 != 0;
      const cv::Scalar colour = fu < joint || fv < joint ? first * 0.5 : odd ? second : first;
      image.at<cv::Vec3b>(y, x) = {cv::saturate_cast<uint8_t>(colour[0]),
                                   cv::saturate_cast<uint8_t>(colour[1]),
                                   cv::saturate_cast<uint8_t>(colour[2])};
    }
  }
  cv::Mat worn = cloud(size, {60, 60}, 4, random) * 0.4 + 0.7;
  shade(image, worn);
  return image;
}

cv::Mat concrete(cv::Size size, Rng& random) {
  const cv::Scalar grey = colour_between(random, 0, 0.12, 0.35, 0.85);
  cv::Mat image = coloured(cloud(size, {120, 120}, 7, random, 0.85), {grey * 0.6, grey, grey * 1.2});
  for (int64_t left = random.integer(1, 5); left > 0; --left) {
    cv::Point at = point_in(whole(image), random);
    double heading = random.uniform(0, 2 * CV_PI);
    for (int step = 0; step < 60; ++step) {
      heading += random.uniform(-0.6, 0.6);
      const cv::Point next(at.x + static_cast<int>(8 * std::cos(heading)),
                           at.y + static_cast<int>(8 * std::sin(heading)));
      cv::line(image, at, next, grey * 0.35, 1 + step % 2, cv::LINE_AA);
      at = next;
    }
  }
  return image;
}

cv::Mat pebbles(cv::Size size, Rng& random) {
  cv::Mat image(size, CV_8UC3, cv::Scalar::all(40));
  const double mean = random.uniform(6, 40);
  for (int64_t left = static_cast<int64_t>(2.2 * size.area() / (mean * mean)); left > 0; --left) {
    const cv::Scalar colour = colour_between(random, 0, 0.3, 0.3, 0.9);
    const cv::Point at = point_in(whole(image), random);
    const int width = static_cast<int>(mean * random.uniform(0.4, 0.9)) + 1;
    const int height = static_cast<int>(mean * random.uniform(0.3, 0.7)) + 1;
    const double angle = random.uniform(0, 180);
    cv::ellipse(image, at, {width, height}, angle, 0, 360, colour * 0.5, cv::FILLED);
    cv::ellipse(image, {at.x - 1, at.y - 1}, {width * 4 / 5, height * 4 / 5}, angle, 0, 360, colour,
                cv::FILLED);
  }
  return image;
}

cv::Mat facade(cv::Size size, Rng& random) {
  const cv::Scalar stone = colour_between(random, 0, 0.35, 0.3, 0.9),
                   glass = colour_between(random, 0.1, 0.6, 0.1, 0.6);
  cv::Mat image(size, CV_8UC3, stone);
  const auto across = static_cast<int>(random.integer(18, 90)),
             down = static_cast<int>(random.integer(18, 90));
  const double share = random.uniform(0.35, 0.8);
  for (int y = 0; y < size.height; y += down) {
    for (int x = 0; x < size.width; x += across) {
      cv::rectangle(image, {x, y, static_cast<int>(across * share), static_cast<int>(down * share)},
                    glass * random.uniform(0.6, 1.8), cv::FILLED);
    }
  }
  blur(image, random.uniform(0, 2));
  return image;
}

using Maker = cv::Mat (*)(cv::Size, Rng&);
constexpr std::array<Maker, 16> kEveryday{wall, wall,  wood,   wood,   cardboard, cloth,  bricks, shelf,
                                          room, bokeh, things, things, things,    things, things, pattern};
constexpr std::array<Maker, 5> kHeldOut{foliage, tiles, concrete, pebbles, facade};

cv::Mat plain_background(cv::Size size, CodesStyle style, Rng& random) {
  if (style == CodesStyle::kHeldOut) return kHeldOut[static_cast<size_t>(random.integer(0, 4))](size, random);
  return kEveryday[static_cast<size_t>(random.integer(0, 15))](size, random);
}

}  // namespace

cv::Mat codes_background(cv::Size size, CodesStyle style, Rng& random) {
  cv::Mat image = plain_background(size, style, random);
  if (random.chance(0.35)) {
    // Two backgrounds meet along a line, like a table in front of a wall.
    const cv::Mat other = plain_background(size, style, random);
    const cv::Point on_edge = point_in(whole(image), random);
    const double upright = random.chance(0.25) ? CV_PI / 2 : 0;
    const double angle = upright + random.uniform(-0.4, 0.4);
    const cv::Point2d along(std::cos(angle) * 2000, std::sin(angle) * 2000);
    const cv::Point2d across(-along.y, along.x), middle(on_edge);
    const std::vector<cv::Point> half{middle - along, middle + along, middle + along + across,
                                      middle - along + across};
    cv::Mat mask = cv::Mat::zeros(size, CV_8U);
    cv::fillConvexPoly(mask, half, cv::Scalar::all(255), cv::LINE_AA);
    if (random.chance(0.5)) cv::GaussianBlur(mask, mask, {}, random.uniform(0.5, 4));
    blend(image, other, mask);
  }
  if (random.chance(0.5)) {
    cv::rotate(image, image, cv::ROTATE_180);
  }
  return image;
}

}  // namespace focus::scenes
