#include "scenes/codes/codes_look_alikes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <string>

#include "scenes/codes/codes_artwork.h"
#include "scenes/codes/codes_patterns.h"
#include "scenes/codes/codes_texture.h"

namespace focus::scenes {
namespace {

/// Colours with the contrast of print, dark on light or light on dark.
std::pair<cv::Scalar, cv::Scalar> contrasting(Rng& random) {
  cv::Scalar light = paper_colour(random);
  cv::Scalar dark = random.chance(0.6) ? cv::Scalar::all(random.uniform(0, 70))
                                       : colour_between(random, 0.3, 0.95, 0.1, 0.6);
  if (random.chance(0.25)) std::swap(light, dark);
  return {light, dark};
}

/// Parallel bars of many widths, like a barcode's, but without meaning.
cv::Mat bars(cv::Size size, Rng& random) {
  const auto [paper, ink] = contrasting(random);
  cv::Mat image(size, CV_8UC3, paper);
  const double period = random.uniform(2.5, size.width / 6.0 + 3);
  const bool regular = random.chance(0.6);
  const double duty = random.uniform(0.2, 0.8);
  for (double x = 0; x < size.width;) {
    const double step = regular ? period : period * random.uniform(0.4, 2.2);
    const double width = std::max(1.0, step * (regular ? duty : random.uniform(0.2, 0.8)));
    cv::rectangle(image, {static_cast<int>(x), 0}, {static_cast<int>(x + width) - 1, size.height}, ink,
                  cv::FILLED);
    x += std::max(step, width + 1);
  }
  return image;
}

cv::Mat grid(cv::Size size, Rng& random) {
  const auto [paper, ink] = contrasting(random);
  cv::Mat image(size, CV_8UC3, paper);
  const auto step = static_cast<int>(random.integer(5, 40));
  const auto across = random.chance(0.6) ? step : static_cast<int>(random.integer(5, 60));
  const auto thickness = static_cast<int>(random.integer(1, 1 + step / 6));
  for (int x = 0; x < size.width; x += across) cv::line(image, {x, 0}, {x, size.height}, ink, thickness);
  for (int y = 0; y < size.height; y += step) cv::line(image, {0, y}, {size.width, y}, ink, thickness);
  return image;
}

/// A checkerboard, or cells filled at random: modules without the structure of a code.
cv::Mat cells(cv::Size size, Rng& random) {
  const auto [paper, ink] = contrasting(random);
  cv::Mat image(size, CV_8UC3, paper);
  const bool regular = random.chance(0.6);
  const auto step = static_cast<int>(random.integer(regular ? 4 : 8, 36));
  const double share = random.uniform(0.1, 0.5);
  for (int row = 0; row * step < size.height; ++row) {
    for (int column = 0; column * step < size.width; ++column) {
      const bool filled = regular ? (row + column) % 2 == 0 : random.chance(share);
      if (filled) cv::rectangle(image, {column * step, row * step, step, step}, ink, cv::FILLED);
    }
  }
  return image;
}

cv::Mat dots(cv::Size size, Rng& random) {
  const auto [paper, ink] = contrasting(random);
  cv::Mat image(size, CV_8UC3, paper);
  const auto step = static_cast<int>(random.integer(5, 30));
  const auto radius = static_cast<int>(std::max<int64_t>(1, random.integer(step / 6, step / 3)));
  const bool offset = random.chance(0.5);
  for (int row = 0; row * step < size.height + step; ++row) {
    for (int x = offset && row % 2 == 1 ? step / 2 : 0; x < size.width + step; x += step) {
      cv::circle(image, {x, row * step}, radius, ink, cv::FILLED, cv::LINE_AA);
    }
  }
  return image;
}

cv::Mat keyboard(cv::Size size, Rng& random) {
  const auto [light, dark] = contrasting(random);
  cv::Mat image(size, CV_8UC3, dark * 0.8);
  const auto key = static_cast<int>(random.integer(14, 44));
  const int gap = std::max(2, key / 8);
  for (int row = 0; row * key < size.height; ++row) {
    for (int x = -static_cast<int>(random.integer(0, key)); x < size.width;) {
      const int width = random.chance(0.1) ? 2 * key : key;
      const cv::Rect cap(x + gap / 2, row * key + gap / 2, width - gap, key - gap);
      cv::rectangle(image, cap, dark, cv::FILLED);
      cv::rectangle(image, cap, dark * 0.6 + light * 0.2, 1);
      const std::string letter(1, static_cast<char>('A' + random.integer(0, 25)));
      cv::putText(image, letter, {cap.x + gap, cap.y + cap.height - 2 * gap}, cv::FONT_HERSHEY_SIMPLEX,
                  key / 60.0, light, 1, cv::LINE_AA);
      x += width;
    }
  }
  return image;
}

/// Slats with a light and a dark edge: blinds, radiators, vents, corrugated board.
cv::Mat slats(cv::Size size, Rng& random) {
  const double period = random.uniform(4, 40), sharpness = random.uniform(0.5, 3);
  const double slope = random.uniform(-0.2, 0.2);
  cv::Mat field(size, CV_32F);
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      const double phase = (y + slope * x) / period;
      const double saw = phase - std::floor(phase);
      field.at<float>(y, x) = static_cast<float>(std::pow(saw, sharpness));
    }
  }
  const auto [light, dark] = contrasting(random);
  return coloured(field, {dark, light});
}

cv::Mat page(cv::Size size, Rng& random) {
  const auto [paper, ink] = contrasting(random);
  cv::Mat image(size, CV_8UC3, paper);
  draw_text_block(image, whole(image), ink, random);
  return image;
}

cv::Mat package(cv::Size size, Rng& random) {
  cv::Mat image(size, CV_8UC3, colour_between(random, 0, 0.9, 0.15, 1));
  draw_artwork(image, random);
  return image;
}

cv::Mat table_sheet(cv::Size size, Rng& random) {
  const auto [paper, ink] = contrasting(random);
  cv::Mat image(size, CV_8UC3, paper);
  const auto row_height = static_cast<int>(random.integer(9, 24));
  const auto column_width = static_cast<int>(random.integer(24, 90));
  for (int y = 0; y < size.height; y += row_height) {
    cv::line(image, {0, y}, {size.width, y}, ink);
    for (int x = 0; x < size.width; x += column_width) {
      if (random.chance(0.7)) {
        draw_text_line(image, {x + 3, y + 2, column_width - 6, row_height - 4}, random_word(random), ink,
                       random);
      }
    }
  }
  for (int x = 0; x < size.width; x += column_width) cv::line(image, {x, 0}, {x, size.height}, ink);
  return image;
}

cv::Mat ruler(cv::Size size, Rng& random) {
  const auto [paper, ink] = contrasting(random);
  cv::Mat image(size, CV_8UC3, paper);
  const double step = random.uniform(3, 12);
  for (int tick = 0; tick * step < size.width; ++tick) {
    const int x = static_cast<int>(tick * step);
    const double length = tick % 10 == 0 ? 0.6 : tick % 5 == 0 ? 0.45 : 0.3;
    cv::line(image, {x, 0}, {x, static_cast<int>(length * size.height)}, ink);
    if (tick % 10 == 0) {
      cv::putText(image, std::to_string(tick / 10), {x + 2, static_cast<int>(0.9 * size.height)},
                  cv::FONT_HERSHEY_SIMPLEX, 0.4, ink, 1, cv::LINE_AA);
    }
  }
  return image;
}

// Of the held-out style.

cv::Mat waves(cv::Size size, Rng& random) {
  const cv::Mat bend = cloud(size, {size.width / 2.5 + 8, size.height / 2.5 + 8}, 2, random);
  const double period = random.uniform(5, 30), strength = random.uniform(1, 5) * period;
  cv::Mat field(size, CV_32F);
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      const double phase = (x + strength * bend.at<float>(y, x)) * 2 * CV_PI / period;
      field.at<float>(y, x) = static_cast<float>(std::clamp(0.5 + 1.5 * std::sin(phase), 0.0, 1.0));
    }
  }
  const auto [light, dark] = contrasting(random);
  return coloured(field, {dark, light});
}

cv::Mat rings(cv::Size size, Rng& random) {
  const auto [paper, ink] = contrasting(random);
  cv::Mat image(size, CV_8UC3, paper);
  const cv::Point centre = point_in(whole(image), random);
  const auto step = static_cast<int>(random.integer(4, 24));
  for (int radius = step; radius < size.width + size.height; radius += step) {
    cv::circle(image, centre, radius, ink, std::max(1, step / 3), cv::LINE_AA);
  }
  return image;
}

cv::Mat spines(cv::Size size, Rng& random) {
  cv::Mat image(size, CV_8UC3, cv::Scalar::all(20));
  for (int x = 0; x < size.width;) {
    const auto width = static_cast<int>(random.integer(6, 40));
    const auto top = static_cast<int>(random.integer(0, size.height / 5));
    const cv::Scalar colour = colour_between(random, 0.05, 0.9, 0.15, 0.95);
    cv::rectangle(image, {x, top, width - 1, size.height - top}, colour, cv::FILLED);
    const auto band = static_cast<int>(random.integer(top, size.height - 1));
    cv::rectangle(image, {x, band, width - 1, static_cast<int>(random.integer(2, 12))}, colour * 0.5,
                  cv::FILLED);
    x += width;
  }
  return image;
}

cv::Mat staves(cv::Size size, Rng& random) {
  const auto [paper, ink] = contrasting(random);
  cv::Mat image(size, CV_8UC3, paper);
  const auto gap = static_cast<int>(random.integer(3, 8));
  for (int top = gap; top + 4 * gap < size.height; top += 9 * gap) {
    for (int line = 0; line < 5; ++line) {
      cv::line(image, {0, top + line * gap}, {size.width, top + line * gap}, ink);
    }
    for (int x = 2 * gap; x < size.width; x += static_cast<int>(random.integer(2 * gap, 6 * gap))) {
      const int y = top + static_cast<int>(random.integer(0, 8)) * gap / 2;
      cv::ellipse(image, {x, y}, {gap * 2 / 3, gap / 2}, -20, 0, 360, ink, cv::FILLED, cv::LINE_AA);
      cv::line(image, {x + gap / 2, y}, {x + gap / 2, y - 3 * gap}, ink);
    }
  }
  return image;
}

cv::Mat circuit(cv::Size size, Rng& random) {
  const cv::Scalar board = colour_between(random, 0.4, 0.9, 0.15, 0.5);
  const cv::Scalar track = board * 1.4 + cv::Scalar::all(20);
  cv::Mat image(size, CV_8UC3, board);
  for (int64_t left = random.integer(10, 50); left > 0; --left) {
    cv::Point at = point_in(whole(image), random);
    for (int64_t corner = random.integer(1, 4); corner > 0; --corner) {
      const auto length = static_cast<int>(random.integer(5, size.width / 3 + 6));
      const cv::Point next = random.chance(0.5)
                                 ? cv::Point(at.x + length, at.y)
                                 : cv::Point(at.x, at.y + (random.chance(0.5) ? length : -length));
      cv::line(image, at, next, track, 1 + static_cast<int>(random.integer(0, 2)), cv::LINE_AA);
      at = next;
    }
    cv::circle(image, at, 3, cv::Scalar(150, 190, 200), cv::FILLED, cv::LINE_AA);
  }
  for (int64_t left = random.integer(1, 6); left > 0; --left) {
    const cv::Point corner = point_in(whole(image), random);
    const auto width = static_cast<int>(random.integer(12, 50)),
               height = static_cast<int>(random.integer(8, 40));
    for (int x = 1; x < width; x += 4) {
      cv::line(image, {corner.x + x, corner.y - 3}, {corner.x + x, corner.y + height + 3}, {180, 190, 190});
    }
    cv::rectangle(image, {corner.x, corner.y, width, height}, cv::Scalar::all(random.uniform(15, 60)),
                  cv::FILLED);
  }
  return image;
}

}  // namespace

cv::Mat look_alike(cv::Size size, CodesStyle style, Rng& random) {
  using Maker = cv::Mat (*)(cv::Size, Rng&);
  static constexpr std::array<Maker, 19> everyday{
      bars,        grid,  cells,   dots, keyboard, slats,   page,      page,      bars, package,
      table_sheet, ruler, railing, mesh, plaid,    streaks, lettering, lettering, piano};
  static constexpr std::array<Maker, 5> held_out{waves, rings, spines, staves, circuit};
  const auto one_of = [&](const auto& makers) {
    return makers[static_cast<size_t>(random.integer(0, static_cast<int64_t>(makers.size()) - 1))];
  };
  return (style == CodesStyle::kEveryday ? one_of(everyday) : one_of(held_out))(size, random);
}

}  // namespace focus::scenes
