// Large images piece by piece. A detector shrinks every image to the size it was trained at, and what is
// small in a large photograph is gone; in a part of it, it is not.
#pragma once

#include <functional>
#include <vector>

#include "detector/detector.h"

namespace focus::detector {

/// Parts that cover an image, row by row: `along` of them along its longer side, and along the other as many
/// as makes them about square. All have one size, and each shares a quarter of its side with the next.
std::vector<images::Rect> tiles_of(nn::ImageSize size, int64_t along);

/// Moves a tile's detections into the image. Those that end at an edge of the tile inside the image are
/// left out: they are cut there, and are whole in the next tile or, if they are larger than what tiles share,
/// in the image as a whole.
std::vector<Detection> placed(const std::vector<Detection>& found, const images::Rect& tile,
                              nn::ImageSize image);

/// Keeps the best of detections of one class that cover each other by half (intersection over union), or of
/// which one lies in the other by nine tenths. Returns them best first.
std::vector<Detection> without_repetitions(std::vector<Detection> found);

/// Detections of each of some images.
using DetectEach = std::function<std::vector<std::vector<Detection>>(const std::vector<images::Image>&)>;

/// Detects by `detect` in 8-bit BGR `image` as a whole and then in its tiles, at most `most` of them at a
/// time; returns the best `max_detections`, best first. What `detect` throws is passed on, which is how it
/// can stop.
std::vector<Detection> detect_in_tiles(const DetectEach& detect, const images::Image& image,
                                       int64_t max_detections, int64_t along, int64_t most);

/// Detects in 8-bit BGR `image` as a whole and in its tiles, best first; with 1 along, as a whole alone.
/// Takes as many times as long as there are tiles, and once more. Tiles run in rows: all of them as one batch
/// might be more than there is memory for.
std::vector<Detection> detect_in_tiles(const Detector& detector, const images::Image& image,
                                       const DetectOptions& options, int64_t along);

}  // namespace focus::detector
