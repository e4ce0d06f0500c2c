#include "images/colour.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace focus::images {
namespace {

constexpr int kChannels = 3;

uint8_t to_byte(float value) { return static_cast<uint8_t>(std::clamp(value, 0.0F, 255.0F) + 0.5F); }

// The weights of ITU-R BT.601 in 15 bits.
int grey_of(const uint8_t* bgr) {
  constexpr int kBits = 15, kBlue = 3735, kGreen = 19235, kRed = 9798;
  return (bgr[0] * kBlue + bgr[1] * kGreen + bgr[2] * kRed + (1 << (kBits - 1))) >> kBits;
}

/// Hue and saturation divide by a pixel's values: tables of the quotients in fixed point, and of the place of
/// each hue.
struct HueTables {
  static constexpr int kBits = 12, kHalf = 1 << (kBits - 1);
  static constexpr int kHues = 256, kSectors = 6;

  std::array<int, 256> saturation_of{}, hue_of{};  ///< By the largest value; by largest - least.
  std::array<int, kHues> sector{};
  std::array<float, kHues> place{};  ///< In the sector, 0..1.

  HueTables() {
    constexpr double kOne = 1 << kBits;
    for (int i = 1; i < 256; ++i) {
      saturation_of[static_cast<size_t>(i)] = static_cast<int>(std::lrint(255 * kOne / i));
      hue_of[static_cast<size_t>(i)] = static_cast<int>(std::lrint(kHues * kOne / (kSectors * i)));
    }
    // Models were trained with OpenCV, which counts 255 hues when converting back, so that the last hue is
    // equal to the first.
    constexpr int kHuesBack = kHues - 1;
    for (int hue = 0; hue < kHues; ++hue) {
      const auto index = static_cast<size_t>(hue);
      sector[index] = hue * kSectors / kHuesBack % kSectors;
      place[index] = static_cast<float>(hue * kSectors % kHuesBack) / kHuesBack;
    }
  }
};

void turn_hue(const HueTables& tables, const uint8_t* from, uint8_t* to, int shift) {
  const int blue = from[0], green = from[1], red = from[2];
  const int most = std::max({blue, green, red}), spread = most - std::min({blue, green, red});
  const int part = most == red     ? green - blue
                   : most == green ? blue - red + 2 * spread
                                   : red - green + 4 * spread;
  const int hue = (part * tables.hue_of[static_cast<size_t>(spread)] + HueTables::kHalf) >> HueTables::kBits;
  const int saturation =
      (spread * tables.saturation_of[static_cast<size_t>(most)] + HueTables::kHalf) >> HueTables::kBits;
  const auto turned = static_cast<size_t>((hue + shift) & (HueTables::kHues - 1));

  const float value = static_cast<float>(most), vivid = static_cast<float>(saturation) / 255;
  const float place = tables.place[turned];
  const uint8_t high = static_cast<uint8_t>(most), low = to_byte(value * (1 - vivid));
  const uint8_t rising = to_byte(value * (1 - vivid * (1 - place))),
                falling = to_byte(value * (1 - vivid * place));
  const auto put = [to](uint8_t b, uint8_t g, uint8_t r) {
    to[0] = b;
    to[1] = g;
    to[2] = r;
  };
  switch (tables.sector[turned]) {
    case 0:
      return put(low, rising, high);
    case 1:
      return put(low, high, falling);
    case 2:
      return put(rising, high, low);
    case 3:
      return put(high, falling, low);
    case 4:
      return put(high, low, rising);
    default:
      return put(falling, low, high);
  }
}

}  // namespace

Image scaled_values(const Image& image, double factor, double offset) {
  std::array<uint8_t, 256> result{};
  for (size_t value = 0; value < result.size(); ++value) {
    const float scaled = static_cast<float>(value) * static_cast<float>(factor) + static_cast<float>(offset);
    result[value] = static_cast<uint8_t>(std::clamp(std::nearbyint(scaled), 0.0F, 255.0F));
  }
  return Image::by_rows(image.height(), image.width(), image.channels(), [&](int y, uint8_t* row) {
    const uint8_t* from = image.row(y);
    const size_t length = image.row_bytes();
    for (size_t i = 0; i < length; ++i) row[i] = result[from[i]];
  });
}

double mean_grey(const Image& bgr) {
  int64_t sum = 0;
  for (int y = 0; y < bgr.height(); ++y) {
    const uint8_t* row = bgr.row(y);
    for (int x = 0; x < bgr.width(); ++x) sum += grey_of(row + kChannels * x);
  }
  return static_cast<double>(sum) / (static_cast<double>(bgr.height()) * bgr.width());
}

Image with_saturation(const Image& bgr, double kept) {
  const auto own = static_cast<float>(kept), others = static_cast<float>(1 - kept);
  return Image::by_rows(bgr.height(), bgr.width(), kChannels, [&](int y, uint8_t* row) {
    const uint8_t* from = bgr.row(y);
    const int width = bgr.width();
#pragma omp simd
    for (int x = 0; x < width; ++x) {
      const float grey = others * static_cast<float>(grey_of(from + kChannels * x));
      for (int c = 0; c < kChannels; ++c) {
        row[kChannels * x + c] = to_byte(own * static_cast<float>(from[kChannels * x + c]) + grey);
      }
    }
  });
}

Image with_turned_hue(const Image& bgr, double turns) {
  static const HueTables tables;
  const auto shift = static_cast<int>(std::lround(turns * HueTables::kHues));
  return Image::by_rows(bgr.height(), bgr.width(), kChannels, [&](int y, uint8_t* row) {
    const uint8_t* from = bgr.row(y);
    for (int x = 0; x < bgr.width(); ++x) turn_hue(tables, from + kChannels * x, row + kChannels * x, shift);
  });
}

}  // namespace focus::images
