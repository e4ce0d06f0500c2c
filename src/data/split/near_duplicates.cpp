#include "data/split/near_duplicates.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <mutex>
#include <utility>
#include <vector>

#include "base/for_each_index.h"
#include "data/split/disjoint_sets.h"

namespace focus::data {
namespace {

constexpr int kCells = 9;
constexpr int kMostBits = 12;
constexpr int kMostBrightness = 8;

/// The first pixel of a part of a side and the one after its last; in small images parts share pixels.
std::pair<int, int> part_of_side(int part, int length) {
  const int begin = part * length / kCells;
  return {begin, std::max(begin + 1, (part + 1) * length / kCells)};
}

}  // namespace

ImageSketch sketch_of(const images::Image& image) {
  ImageSketch sketch;
  for (int py = 0; py < kCells; ++py) {
    const auto [top, bottom] = part_of_side(py, image.height());
    for (int px = 0; px < kCells; ++px) {
      const auto [left, right] = part_of_side(px, image.width());
      uint64_t sum = 0;
      for (int y = top; y < bottom; ++y) {
        const uint8_t* row = image.row(y);
        for (int i = left * image.channels(); i < right * image.channels(); ++i) sum += row[i];
      }
      const auto count = static_cast<uint64_t>(bottom - top) * static_cast<uint64_t>(right - left) *
                         static_cast<uint64_t>(image.channels());
      sketch.brightness[static_cast<size_t>(py * kCells + px)] =
          static_cast<uint8_t>((sum + count / 2) / count);
    }
  }
  const auto at = [&](int y, int x) { return sketch.brightness[static_cast<size_t>(y * kCells + x)]; };
  for (int y = 0; y < kCells - 1; ++y) {
    for (int x = 0; x < kCells - 1; ++x) {
      const uint64_t bit = uint64_t{1} << (y * (kCells - 1) + x);
      if (at(y, x) < at(y, x + 1)) sketch.hash[0] |= bit;
      if (at(y, x) < at(y + 1, x)) sketch.hash[1] |= bit;
    }
  }
  return sketch;
}

bool is_near_duplicate(const ImageSketch& a, const ImageSketch& b) {
  const int bits = std::popcount(a.hash[0] ^ b.hash[0]) + std::popcount(a.hash[1] ^ b.hash[1]);
  if (bits > kMostBits) return false;
  int difference = 0;
  for (size_t i = 0; i < a.brightness.size(); ++i) difference += std::abs(a.brightness[i] - b.brightness[i]);
  return difference <= kMostBrightness * static_cast<int>(a.brightness.size());
}

std::vector<size_t> near_duplicate_groups(const std::vector<ImageSketch>& sketches) {
  DisjointSets sets(sketches.size());
  std::mutex mutex;
  for_each_index(sketches.size(), [&](size_t i) {
    for (size_t j = 0; j < i; ++j) {
      if (!is_near_duplicate(sketches[i], sketches[j])) continue;
      const std::scoped_lock lock(mutex);
      sets.join(i, j);
    }
  });
  return sets.groups();
}

}  // namespace focus::data
