#include "scenes/codes/codes_artwork.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <string>

#include "scenes/codes/codes_texture.h"

namespace focus::scenes {
namespace {

constexpr std::array kFonts{cv::FONT_HERSHEY_SIMPLEX, cv::FONT_HERSHEY_DUPLEX, cv::FONT_HERSHEY_COMPLEX,
                            cv::FONT_HERSHEY_TRIPLEX, cv::FONT_HERSHEY_PLAIN};

}  // namespace

std::string random_word(Rng& random) {
  static const std::string letters = "aeiourstlnmdcpbghvkfwyz", digits = "0123456789";
  const bool number = random.chance(0.2), capitals = random.chance(0.3);
  std::string word;
  for (int64_t left = random.integer(1, number ? 6 : 11); left > 0; --left) {
    const std::string& from = number ? digits : letters;
    const char sign = from[static_cast<size_t>(random.integer(0, static_cast<int64_t>(from.size()) - 1))];
    word += capitals || (word.empty() && random.chance(0.2)) ? static_cast<char>(std::toupper(sign)) : sign;
  }
  if (number && random.chance(0.4)) word.insert(word.size() / 2, ".");
  return word;
}

void draw_text_line(cv::Mat& image, const cv::Rect& area, const std::string& text, const cv::Scalar& ink,
                    Rng& random) {
  if (area.height < 3 || area.width < 3) return;
  const int font = kFonts[static_cast<size_t>(random.integer(0, static_cast<int64_t>(kFonts.size()) - 1))];
  const int thickness = std::max(1, static_cast<int>(area.height * random.uniform(0.05, 0.16)));
  int baseline = 0;
  const cv::Size unit = cv::getTextSize(text, font, 1, 1, &baseline);
  const double scale = std::min(static_cast<double>(area.height) / (unit.height + baseline * 0.6),
                                static_cast<double>(area.width) / unit.width);
  cv::putText(image, text, {area.x, area.y + static_cast<int>(unit.height * scale)}, font, scale, ink,
              thickness, cv::LINE_AA);
}

void draw_text_block(cv::Mat& image, const cv::Rect& area, const cv::Scalar& ink, Rng& random) {
  const double height = random.uniform(5, std::clamp(area.height / 5.0, 7.0, 30.0));
  const double leading = height * random.uniform(1.3, 2.2);
  const double ragged = random.uniform(0, 0.6), gap_chance = random.uniform(0, 0.25);
  for (double y = area.y + height * 0.4; y + height < area.y + area.height; y += leading) {
    if (random.chance(gap_chance)) continue;
    std::string line;
    const double share = 1 - ragged * random.uniform();
    const auto signs = static_cast<size_t>(share * area.width / (0.75 * height));
    while (line.size() < signs) line += random_word(random) + " ";
    line.resize(std::max<size_t>(signs, 1));
    draw_text_line(image, {area.x + 2, static_cast<int>(y), area.width - 4, static_cast<int>(height)}, line,
                   ink, random);
  }
}

void draw_artwork(cv::Mat& image, Rng& random) {
  const cv::Size size = image.size();
  const int side = std::min(size.width, size.height);
  if (random.chance(0.4)) {
    const cv::Scalar first = colour_between(random, 0.1, 0.95, 0.2, 1),
                     second = colour_between(random, 0.1, 0.95, 0.2, 1);
    coloured(cloud(size, {size.width * 0.7 + 4, size.height * 0.7 + 4}, 2, random), {first, second})
        .copyTo(image);
  }
  for (int64_t left = random.integer(1, 6); left > 0; --left) {
    const cv::Scalar colour = colour_between(random, 0, 0.95, 0.1, 1);
    const cv::Point at = point_in(whole(image), random);
    const auto extent = static_cast<int>(random.uniform(0.06, 0.5) * side) + 3;
    switch (random.integer(0, 4)) {
      case 0:
        cv::circle(image, at, extent, colour, cv::FILLED, cv::LINE_AA);
        break;
      case 1:
        cv::rectangle(image, {0, at.y, size.width, extent}, colour, cv::FILLED);
        break;
      case 2:
        cv::rectangle(image, {at.x, at.y, extent * 2, extent}, colour, cv::FILLED);
        break;
      case 3:
        cv::ellipse(image, at, {extent * 2, extent}, random.uniform(0, 180), 0, 360, colour, cv::FILLED,
                    cv::LINE_AA);
        break;
      default: {
        std::vector<cv::Point> corners(4);
        for (auto& corner : corners) {
          corner = point_in({at.x - extent, at.y - extent, 2 * extent, 2 * extent}, random);
        }
        cv::fillConvexPoly(image, corners, colour, cv::LINE_AA);
      }
    }
  }
  for (int64_t left = random.integer(0, 3); left > 0; --left) {
    const cv::Point at = point_in(whole(image), random);
    const auto height = static_cast<int>(random.uniform(0.05, 0.25) * side) + 4;
    const cv::Scalar colour = colour_between(random, 0, 0.9, 0, 1);
    draw_text_line(image, {at.x / 2, at.y, size.width - at.x / 2, height}, random_word(random), colour,
                   random);
  }
  if (random.chance(0.5)) {
    const cv::Point at = point_in(whole(image), random);
    const cv::Rect area = cv::Rect(at.x / 2, at.y / 2, size.width / 2, size.height / 2) & whole(image);
    draw_text_block(image, area, random.chance(0.7) ? cv::Scalar::all(20) : cv::Scalar::all(240), random);
  }
}

}  // namespace focus::scenes
