#include "scenes/codes/codes_print.h"

#include <algorithm>
#include <array>
#include <opencv2/imgproc.hpp>
#include <optional>

#include "scenes/codes/codes_artwork.h"
#include "scenes/codes/codes_block.h"
#include "scenes/codes/codes_look_alikes.h"
#include "scenes/codes/codes_texture.h"
#include "scenes/synth_random.h"

namespace focus::scenes {
namespace {

enum class Surface { kLabel, kPackage, kSheet, kScreen, kCard, kBareInk, kTag, kReceipt, kMetal };

Surface random_surface(CodesStyle style, Rng& random) {
  using enum Surface;
  static constexpr std::array everyday{kLabel,   kLabel, kLabel, kPackage, kPackage, kPackage,
                                       kPackage, kSheet, kSheet, kScreen,  kCard,    kBareInk};
  static constexpr std::array held_out{kTag, kReceipt, kMetal};
  if (style == CodesStyle::kHeldOut) return held_out[static_cast<size_t>(random.integer(0, 2))];
  return everyday[static_cast<size_t>(random.integer(0, static_cast<int64_t>(everyday.size()) - 1))];
}

struct Colours {
  cv::Scalar paper, ink;
};

/// Mostly near black on near white; some colourful, inverted or faint, but never invisible.
Colours code_colours(const cv::Scalar& paper, Rng& random) {
  Colours colours{paper, cv::Scalar::all(random.uniform(0, 60))};
  if (random.chance(0.22)) colours.ink = colour_between(random, 0.4, 1, 0.1, 0.65);
  if (random.chance(0.1)) colours.paper = colour_between(random, 0.1, 0.9, 0.55, 1);
  const double contrast = luminance(colours.paper) - luminance(colours.ink);
  if (contrast < 0.2) {
    colours.paper = cv::Scalar::all(random.uniform(210, 255));
    colours.ink = cv::Scalar::all(random.uniform(0, 60));
  }
  if (random.chance(0.09)) std::swap(colours.paper, colours.ink);
  if (random.chance(0.1)) colours.ink = colours.ink * 0.55 + colours.paper * 0.45;
  return colours;
}

void round_corners(cv::Mat& alpha, int radius) {
  if (radius < 2) return;
  cv::Mat rounded = cv::Mat::zeros(alpha.size(), CV_8U);
  const int w = alpha.cols, h = alpha.rows;
  cv::rectangle(rounded, {radius, 0, w - 2 * radius, h}, cv::Scalar::all(255), cv::FILLED);
  cv::rectangle(rounded, {0, radius, w, h - 2 * radius}, cv::Scalar::all(255), cv::FILLED);
  for (const cv::Point corner :
       {cv::Point(radius, radius), cv::Point(w - 1 - radius, radius), cv::Point(radius, h - 1 - radius),
        cv::Point(w - 1 - radius, h - 1 - radius)}) {
    cv::circle(rounded, corner, radius, cv::Scalar::all(255), cv::FILLED, cv::LINE_AA);
  }
  cv::min(alpha, rounded, alpha);
}

void draw_look_alike_in(cv::Mat& image, const cv::Rect& area, CodesStyle style, Rng& random) {
  const cv::Rect inside = area & whole(image);
  if (inside.width < 8 || inside.height < 8) return;
  look_alike(inside.size(), style, random).copyTo(image(inside));
}

cv::Rect random_part(const cv::Mat& image, Rng& random) {
  const cv::Point at = point_in(whole(image), random);
  const auto width = static_cast<int>(image.cols * random.uniform(0.15, 0.6));
  const auto height = static_cast<int>(image.rows * random.uniform(0.1, 0.5));
  return cv::Rect(at.x - width / 2, at.y - height / 2, width, height) & whole(image);
}

/// Paints the surface before any code is on it. Returns the background colour for codes.
cv::Scalar paint_ground(Print& print, Surface surface, CodesStyle style, Rng& random) {
  cv::Mat& image = print.image;
  cv::Scalar paper = paper_colour(random);
  const cv::Scalar ink =
      random.chance(0.8) ? cv::Scalar::all(random.uniform(0, 60)) : colour_between(random, 0.3, 1, 0.1, 0.6);
  image.setTo(paper);
  const int shorter = std::min(image.cols, image.rows);
  switch (surface) {
    case Surface::kPackage:
      image.setTo(colour_between(random, 0, 0.95, 0.1, 1));
      draw_artwork(image, random);
      break;
    case Surface::kScreen: {
      if (random.chance(0.3)) paper = cv::Scalar::all(random.uniform(15, 60));
      image.setTo(paper);
      if (random.chance(0.5)) draw_artwork(image, random);
      break;
    }
    case Surface::kMetal: {
      const double value = random.uniform(0.4, 0.9);
      paper = cv::Scalar(205, 205, 200) * value;
      const double length = random.uniform(60, 300);
      coloured(cloud(image.size(), {length, 2}, 3, random, 0.8), {paper * 0.8, paper * 1.1}).copyTo(image);
      return paper;
    }
    case Surface::kTag:
      paper = colour_between(random, 0.1, 0.5, 0.5, 0.95);
      image.setTo(paper);
      break;
    default:
      break;
  }
  const int64_t blocks = surface == Surface::kSheet || surface == Surface::kReceipt ? random.integer(1, 3)
                         : surface == Surface::kBareInk                             ? 0
                                                                                    : random.integer(0, 3);
  for (int64_t left = blocks; left > 0; --left) {
    const bool dense = surface == Surface::kSheet || surface == Surface::kReceipt;
    draw_text_block(image, dense && left == 1 ? whole(image) : random_part(image, random), ink, random);
  }
  if (random.chance(0.25)) draw_look_alike_in(image, random_part(image, random), style, random);
  if (surface == Surface::kLabel && random.chance(0.4)) {
    cv::rectangle(image, whole(image), ink, 1 + static_cast<int>(random.integer(0, shorter / 40)));
    const int y = static_cast<int>(image.rows * random.uniform(0.15, 0.85));
    cv::line(image, {0, y}, {image.cols, y}, ink, 1 + shorter / 100);
  }
  return paper;
}

/// A place for a block of this size where it covers no other; nothing if none was found.
std::optional<cv::Point> free_place(const std::vector<cv::Rect>& taken, cv::Size block, int margin,
                                    cv::Size surface, Rng& random) {
  const int room_x = surface.width - block.width - 2 * margin,
            room_y = surface.height - block.height - 2 * margin;
  if (room_x < 0 || room_y < 0) return std::nullopt;
  for (int attempt = 0; attempt < 12; ++attempt) {
    const auto x = margin + static_cast<int>(random.integer(0, room_x));
    const auto y = margin + static_cast<int>(random.integer(0, room_y));
    const cv::Rect area(x - margin, y - margin, block.width + 2 * margin, block.height + 2 * margin);
    const bool free = std::none_of(taken.begin(), taken.end(),
                                   [&](const cv::Rect& other) { return (other & area).area() > 0; });
    if (free) return cv::Point(x, y);
  }
  return std::nullopt;
}

void paint_code(Print& print, const CodeBlock& block, cv::Point at, int margin, Surface surface,
                const cv::Scalar& paper, Rng& random) {
  const cv::Rect area(at, block.ink.size());
  const cv::Rect ground =
      cv::Rect(at.x - margin, at.y - margin, area.width + 2 * margin, area.height + 2 * margin) &
      whole(print.image);
  Colours colours = code_colours(paper, random);
  if (surface == Surface::kMetal) {
    // Dots peened or burnt into metal: without a background of their own, with little contrast.
    const double contrast = random.uniform(0.3, 0.9);
    colours = {paper, random.chance(0.25) ? paper * 1.5 : paper * (1 - contrast)};
  } else if (surface == Surface::kBareInk) {
    print.alpha(area) = block.ink * random.uniform(0.65, 1.0);
    print.image(ground).setTo(random.chance(0.12) ? cv::Scalar::all(240) : colours.ink * 0.8);
  } else {
    print.image(ground).setTo(colours.paper);
    if (surface == Surface::kPackage && random.chance(0.15))
      cv::rectangle(print.image, ground, colours.ink, 1);
  }
  if (surface != Surface::kBareInk) {
    const cv::Mat ink(block.ink.size(), CV_8UC3, colours.ink);
    cv::Mat target = print.image(area);
    blend(target, ink, block.ink);
  }
  print.labels.push_back(block.label);
  print.ids(area).setTo(cv::Scalar::all(static_cast<double>(print.labels.size())), block.symbol);
}

/// Adds the frame of a phone, tablet or monitor.
void add_bezel(Print& print, Rng& random) {
  const int shorter = std::min(print.image.cols, print.image.rows);
  const int border = std::max(2, static_cast<int>(shorter * random.uniform(0.03, 0.12)));
  const cv::Scalar body =
      random.chance(0.8) ? cv::Scalar::all(random.uniform(5, 50)) : cv::Scalar::all(random.uniform(180, 245));
  print.image.convertTo(print.image, -1, 1.0, random.uniform(0, 25));
  cv::copyMakeBorder(print.image, print.image, border, border, border, border, cv::BORDER_CONSTANT, body);
  cv::copyMakeBorder(print.ids, print.ids, border, border, border, border, cv::BORDER_CONSTANT, 0);
  print.alpha = cv::Mat(print.image.size(), CV_8U, cv::Scalar::all(255));
  round_corners(print.alpha, random.chance(0.7) ? border * 3 / 2 : 0);
  print.bends = false;
}

void finish(Print& print, Surface surface, Rng& random) {
  const int shorter = std::min(print.image.cols, print.image.rows);
  switch (surface) {
    case Surface::kScreen:
      add_bezel(print, random);
      break;
    case Surface::kCard:
      round_corners(print.alpha, shorter / 12);
      print.bends = false;
      break;
    case Surface::kLabel:
      if (random.chance(0.4))
        round_corners(print.alpha, static_cast<int>(shorter * random.uniform(0.03, 0.2)));
      break;
    case Surface::kTag: {
      round_corners(print.alpha, shorter / 8);
      const cv::Point hole(print.image.cols / 2, std::max(4, shorter / 12));
      cv::circle(print.alpha, hole, std::max(2, shorter / 25), cv::Scalar::all(0), cv::FILLED, cv::LINE_AA);
      break;
    }
    case Surface::kMetal:
      print.bends = false;
      break;
    case Surface::kBareInk:
      print.bare = true;
      break;
    default:
      break;
  }
}

Print blank(cv::Size size) {
  Print print;
  print.image.create(size, CV_8UC3);
  print.alpha = cv::Mat(size, CV_8U, cv::Scalar::all(255));
  print.ids = cv::Mat::zeros(size, CV_8U);
  return print;
}

/// The longest side of a print in pixels: an image could not show more of it.
constexpr int kLongest = 1300;

}  // namespace

Print make_print(int side, int64_t codes, CodesStyle style, Rng& random) {
  const Surface surface = random_surface(style, random);
  std::vector<CodeBlock> blocks;
  for (int64_t i = random.integer(1, codes); i > 0; --i) {
    const CodeSymbol symbol = make_symbol(random_symbology(random), random);
    const double share = blocks.empty() ? 1 : random.uniform(0.4, 1.1);
    blocks.push_back(make_block(symbol, std::max(12, static_cast<int>(side * share)), random));
  }
  const cv::Size first = blocks.front().ink.size();
  const bool tight = random.chance(0.15);
  const int margin = tight ? 1 : static_cast<int>(blocks.front().quiet * random.uniform(0.4, 1.6)) + 1;
  const double roomy = surface == Surface::kSheet ? 4 : blocks.size() > 1 ? 3 : 2.6;
  const double across = log_uniform(random, 1.02, roomy), down = log_uniform(random, 1.02, roomy);
  const double taller = surface == Surface::kReceipt ? 2 : 1;
  const auto length = [&](int code, double factor) {
    const int wanted = static_cast<int>((code + 2 * margin) * factor) + 2;
    return std::max(code + 2 * margin, std::min(wanted, kLongest));
  };
  Print print = blank({length(first.width, across), length(first.height, down * taller)});
  const cv::Scalar paper = paint_ground(print, surface, style, random);
  if (surface == Surface::kBareInk) print.alpha.setTo(0);
  std::vector<cv::Rect> taken;
  for (const CodeBlock& block : blocks) {
    const auto at = free_place(taken, block.ink.size(), margin, print.image.size(), random);
    if (!at) continue;
    paint_code(print, block, *at, margin, surface, paper, random);
    taken.emplace_back(at->x - margin, at->y - margin, block.ink.cols + 2 * margin,
                       block.ink.rows + 2 * margin);
  }
  finish(print, surface, random);
  return print;
}

Print make_plain_print(int side, CodesStyle style, Rng& random) {
  Surface surface = random_surface(style, random);
  if (surface == Surface::kBareInk) surface = Surface::kLabel;
  const double aspect = log_uniform(random, 1, 3);
  cv::Size size(side, std::min(kLongest, static_cast<int>(side * aspect)));
  if (random.chance(0.5)) std::swap(size.width, size.height);
  Print print = blank(size);
  paint_ground(print, surface, style, random);
  if (random.chance(0.6)) look_alike(size, style, random).copyTo(print.image);
  finish(print, surface, random);
  return print;
}

}  // namespace focus::scenes
