#include "scenes/codes/codes_patterns.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <string>
#include <vector>

#include "scenes/codes/codes_artwork.h"
#include "scenes/codes/codes_texture.h"
#include "scenes/synth_random.h"

namespace focus::scenes {
namespace {

cv::Scalar any_colour(Rng& random) { return colour_between(random, 0, 0.8, 0.05, 1); }

cv::Mat something_soft(cv::Size size, Rng& random) {
  const double cell = random.uniform(10, 150);
  return coloured(cloud(size, {cell, cell}, 3, random), {any_colour(random), any_colour(random)});
}

/// A word in capitals as one image (CV_8U, ink 255), cropped to its strokes.
cv::Mat bold_word(Rng& random) {
  std::string word = random_word(random);
  std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return std::toupper(c); });
  const int font = random.chance(0.7) ? cv::FONT_HERSHEY_SIMPLEX : cv::FONT_HERSHEY_COMPLEX;
  const auto thickness = static_cast<int>(random.integer(3, 13));
  int baseline = 0;
  const cv::Size extent = cv::getTextSize(word, font, 2, thickness, &baseline);
  cv::Mat ink = cv::Mat::zeros(extent.height + 2 * thickness, extent.width + 2 * thickness, CV_8U);
  cv::putText(ink, word, {thickness, extent.height + thickness / 2}, font, 2, cv::Scalar::all(255), thickness,
              cv::LINE_AA);
  return ink(cv::boundingRect(ink)).clone();
}

/// The colours of threads along one direction, in a repeating pattern.
std::vector<cv::Vec3f> thread_colours(int length, const std::vector<cv::Scalar>& dyes, Rng& random) {
  std::vector<cv::Vec3f> repeat;
  for (int64_t left = random.integer(2, 7); left > 0; --left) {
    const auto& dye = dyes[static_cast<size_t>(random.integer(0, static_cast<int64_t>(dyes.size()) - 1))];
    const cv::Vec3f colour(static_cast<float>(dye[0]), static_cast<float>(dye[1]),
                           static_cast<float>(dye[2]));
    repeat.insert(repeat.end(), static_cast<size_t>(log_uniform(random, 2, 30)), colour);
  }
  std::vector<cv::Vec3f> threads(static_cast<size_t>(length));
  for (size_t i = 0; i < threads.size(); ++i) threads[i] = repeat[i % repeat.size()];
  return threads;
}

}  // namespace

cv::Mat railing(cv::Size size, Rng& random) {
  cv::Mat image = something_soft(size, random);
  const cv::Scalar paint = any_colour(random);
  const double period = log_uniform(random, 5, size.width / 4.0 + 6), duty = random.uniform(0.15, 0.7);
  // Bars lean, and are closer together the farther away they are.
  const double lean = random.uniform(-0.15, 0.15), nearer = random.uniform(-0.6, 0.6) / size.width;
  const double light = random.uniform(0.2, 0.8), darkest = random.uniform(0.2, 0.8);
  for (int y = 0; y < size.height; ++y) {
    auto* row = image.ptr<cv::Vec3b>(y);
    for (int x = 0; x < size.width; ++x) {
      const double phase = (x + lean * y) * (1 + nearer * x) / period, within = phase - std::floor(phase);
      if (within >= duty) continue;
      const double side = within / duty - light;
      const double shade = std::max(darkest, 1.1 - 1.6 * side * side);
      for (int c = 0; c < 3; ++c) row[x][c] = cv::saturate_cast<uint8_t>(paint[c] * shade);
    }
  }
  const auto thickness = std::max(1, static_cast<int>(period * duty * random.uniform(0.7, 1.6)));
  for (int64_t left = random.integer(0, 2); left > 0; --left) {
    const int y = point_in(whole(image), random).y;
    cv::line(image, {0, y}, {size.width, y}, paint * random.uniform(0.5, 1), thickness, cv::LINE_AA);
  }
  return image;
}

cv::Mat mesh(cv::Size size, Rng& random) {
  cv::Mat image = something_soft(size, random);
  const cv::Scalar wire = any_colour(random);
  const double step = random.uniform(5, 40), slope = random.uniform(0.4, 2.5);
  const auto thickness = static_cast<int>(random.integer(1, 1 + static_cast<int>(step / 6)));
  const double reach = size.height / slope;
  for (double x = -reach; x < size.width + reach; x += step) {
    const int top = cvRound(x);
    cv::line(image, {top, 0}, {cvRound(x + reach), size.height}, wire, thickness, cv::LINE_AA);
    cv::line(image, {top, 0}, {cvRound(x - reach), size.height}, wire * 0.8, thickness, cv::LINE_AA);
  }
  return image;
}

cv::Mat plaid(cv::Size size, Rng& random) {
  std::vector<cv::Scalar> dyes;
  for (int64_t left = random.integer(2, 4); left > 0; --left) dyes.push_back(any_colour(random));
  const auto across = thread_colours(size.width, dyes, random);
  const auto down = thread_colours(size.height, dyes, random);
  const float share = random.chance(0.5) ? 1 : static_cast<float>(random.uniform(0.4, 0.6));
  cv::Mat image(size, CV_8UC3);
  for (int y = 0; y < size.height; ++y) {
    auto* row = image.ptr<cv::Vec3b>(y);
    for (int x = 0; x < size.width; ++x) {
      const cv::Vec3f mixed =
          across[static_cast<size_t>(x)] * share + down[static_cast<size_t>(y)] * (1 - share);
      for (int c = 0; c < 3; ++c) row[x][c] = cv::saturate_cast<uint8_t>(mixed[c]);
    }
  }
  const double fold = random.uniform(20, 200);
  cv::Mat light = cloud(size, {fold, fold * 2}, 2, random) * random.uniform(0.1, 0.9) + 0.5;
  shade(image, light);
  return image;
}

cv::Mat streaks(cv::Size size, Rng& random) {
  const int side = static_cast<int>(std::hypot(size.width, size.height)) + 2;
  const double width = random.uniform(1.2, 8), length = width * random.uniform(6, 40);
  std::vector<cv::Scalar> stops{any_colour(random), any_colour(random)};
  if (random.chance(0.5)) stops.push_back(any_colour(random));
  const cv::Mat drawn =
      coloured(cloud({side, side}, {length, width}, 3, random, random.uniform(0.4, 0.9)), stops);
  const cv::Point2f middle(static_cast<float>(side) / 2, static_cast<float>(side) / 2);
  cv::Mat turn = cv::getRotationMatrix2D(middle, random.uniform(0, 180), 1), image;
  turn.at<double>(0, 2) -= (side - size.width) / 2.0;
  turn.at<double>(1, 2) -= (side - size.height) / 2.0;
  cv::warpAffine(drawn, image, turn, size, cv::INTER_LINEAR, cv::BORDER_REFLECT);
  return image;
}

cv::Mat lettering(cv::Size size, Rng& random) {
  cv::Scalar board = any_colour(random), paint = any_colour(random);
  if (std::abs(luminance(board) - luminance(paint)) < 0.25) {
    paint = luminance(board) > 0.5 ? board * 0.2 : cv::Scalar::all(random.uniform(200, 255));
  }
  cv::Mat image(size, CV_8UC3, board);
  const auto lines = static_cast<int>(random.integer(1, 4));
  const int height = size.height / lines;
  for (int line = 0; line < lines; ++line) {
    const int tall = static_cast<int>(height * random.uniform(0.5, 0.95));
    if (tall < 4) break;
    // Letters keep their shape, or are squeezed into the line.
    cv::Mat word = bold_word(random);
    const int natural = std::max(4, word.cols * tall / word.rows);
    const int wide = random.chance(0.5) ? std::min(natural, size.width)
                                        : std::max(4, static_cast<int>(size.width * random.uniform(0.3, 1)));
    cv::resize(word, word, {wide, tall}, 0, 0, cv::INTER_AREA);
    const auto left = static_cast<int>(random.integer(0, size.width - wide));
    cv::Mat target = image({left, line * height + (height - tall) / 2, wide, tall});
    blend(target, cv::Mat(target.size(), CV_8UC3, paint), word);
  }
  return image;
}

cv::Mat piano(cv::Size size, Rng& random) {
  cv::Mat image(size, CV_8UC3, paper_colour(random));
  const double key = log_uniform(random, 5, size.width / 5.0 + 6);
  const double reach = random.uniform(0.5, 0.7) * size.height;
  const cv::Scalar dark = cv::Scalar::all(random.uniform(0, 50));
  const auto first = static_cast<int>(random.integer(0, 6));
  for (int i = 0; i * key < size.width; ++i) {
    const int x = cvRound(i * key);
    cv::line(image, {x, 0}, {x, size.height}, dark * 1.5 + cv::Scalar::all(40));
    // There is no black key between E and F, or between B and C.
    const int note = (i + first) % 7;
    if (note == 0 || note == 3) continue;
    cv::rectangle(image, {x - cvRound(key * 0.3), 0, cvRound(key * 0.6), cvRound(reach)}, dark, cv::FILLED);
  }
  return image;
}

}  // namespace focus::scenes
