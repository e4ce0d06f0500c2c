#include "detector/tiles.h"

#include <algorithm>
#include <cmath>

namespace focus::detector {
namespace {

constexpr double kShared = 0.25;     ///< overlap with the next tile, as a share of the tile's side
constexpr double kEdge = 0.01;       ///< boxes nearer to an edge than this share of the side are cut there
constexpr double kSameUnion = 0.5;   ///< intersection over union from which two boxes are duplicates
constexpr double kSameInside = 0.9;  ///< or share of the smaller box that lies in the other

/// Where the tiles along one side begin, and how long they are.
struct Steps {
  std::vector<int> starts;
  int length = 0;
};

Steps steps_along(int length, int64_t count) {
  const double side = length / (1 + static_cast<double>(count - 1) * (1 - kShared));
  Steps steps{.starts = {}, .length = std::min(length, static_cast<int>(std::ceil(side)))};
  for (int64_t i = 0; i < count; ++i) {
    const double share = count > 1 ? static_cast<double>(i) / static_cast<double>(count - 1) : 0;
    steps.starts.push_back(static_cast<int>(std::lround((length - steps.length) * share)));
  }
  return steps;
}

bool repeats(const Detection& a, const Detection& b) {
  if (a.label != b.label) return false;
  const double shared = shared_area(a, b);
  return shared > 0 && (iou(a, b) >= kSameUnion || shared >= kSameInside * std::min(a.area(), b.area()));
}

}  // namespace

std::vector<images::Rect> tiles_of(nn::ImageSize size, int64_t along) {
  const auto longer = static_cast<double>(std::max(size.height, size.width));
  const auto count = [&](int64_t length) {
    const double wanted = static_cast<double>(along) * static_cast<double>(length) / longer;
    return std::max<int64_t>(1, std::llround(wanted));
  };
  const Steps across = steps_along(static_cast<int>(size.width), count(size.width));
  const Steps down = steps_along(static_cast<int>(size.height), count(size.height));
  std::vector<images::Rect> tiles;
  for (const int y : down.starts) {
    for (const int x : across.starts) tiles.push_back({x, y, across.length, down.length});
  }
  return tiles;
}

std::vector<Detection> placed(const std::vector<Detection>& found, const images::Rect& tile,
                              nn::ImageSize image) {
  const double near_x = kEdge * tile.width, near_y = kEdge * tile.height;
  std::vector<Detection> moved;
  for (Detection d : found) {
    const bool cut = (tile.x > 0 && d.x1 < near_x) || (tile.y > 0 && d.y1 < near_y) ||
                     (tile.x + tile.width < image.width && d.x2 > tile.width - near_x) ||
                     (tile.y + tile.height < image.height && d.y2 > tile.height - near_y);
    if (cut) continue;
    d.x1 += tile.x;
    d.x2 += tile.x;
    d.y1 += tile.y;
    d.y2 += tile.y;
    moved.push_back(d);
  }
  return moved;
}

std::vector<Detection> without_repetitions(std::vector<Detection> found) {
  std::stable_sort(found.begin(), found.end(),
                   [](const Detection& a, const Detection& b) { return a.score > b.score; });
  std::vector<Detection> kept;
  for (const auto& d : found) {
    if (std::none_of(kept.begin(), kept.end(), [&](const Detection& better) { return repeats(better, d); })) {
      kept.push_back(d);
    }
  }
  return kept;
}

std::vector<Detection> detect_in_tiles(const DetectEach& detect, const images::Image& image,
                                       int64_t max_detections, int64_t along, int64_t most) {
  auto found = detect({image}).at(0);
  if (along <= 1) return found;
  const auto size = images::size_of(image);
  const auto tiles = tiles_of(size, along);
  const auto step = static_cast<size_t>(std::max<int64_t>(1, most));
  for (size_t begin = 0; begin < tiles.size(); begin += step) {
    const size_t end = std::min(tiles.size(), begin + step);
    std::vector<images::Image> together;
    for (size_t i = begin; i < end; ++i) {
      together.push_back(image.region(tiles[i]));
    }
    const auto in_tiles = detect(together);
    for (size_t i = begin; i < end; ++i) {
      const auto moved = placed(in_tiles.at(i - begin), tiles[i], size);
      found.insert(found.end(), moved.begin(), moved.end());
    }
  }
  found = without_repetitions(std::move(found));
  if (static_cast<int64_t>(found.size()) > max_detections) {
    found.resize(static_cast<size_t>(std::max<int64_t>(0, max_detections)));
  }
  return found;
}

std::vector<Detection> detect_in_tiles(const Detector& detector, const images::Image& image,
                                       const DetectOptions& options, int64_t along) {
  const auto tiles = tiles_of(images::size_of(image), along);
  const auto row = std::count_if(tiles.begin(), tiles.end(),
                                 [&](const images::Rect& tile) { return tile.y == tiles.front().y; });
  return detect_in_tiles([&](const auto& images) { return detector.detect(images, options); }, image,
                         options.max_detections, along, row);
}

}  // namespace focus::detector
