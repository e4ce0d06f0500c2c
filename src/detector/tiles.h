// Detection in large images, tile by tile. A detector shrinks every image to the size it was trained at, so
// that small objects of a large photograph are lost; in a tile of it they are not.
#pragma once

#include <functional>
#include <vector>

#include "detector/detector.h"

namespace focus::detector {

/// Tiles that cover an image, row by row: `along` of them along its longer side, and along the other as many
/// as make them about square. All have the same size, and each shares a quarter of its side with the next.
std::vector<images::Rect> tiles_of(nn::ImageSize size, int64_t along);

/// Moves a tile's detections to their place in the image. Those that touch an edge of the tile inside the
/// image are dropped: they are cut there, and are whole in the next tile or, if they are larger than the
/// overlap, in the image as a whole.
std::vector<Detection> placed(const std::vector<Detection>& found, const images::Rect& tile,
                              nn::ImageSize image);

/// Of detections of one class, keeps the best of those whose intersection over union is at least a half, or
/// of which nine tenths of the smaller lie in the other. Returns them best first.
std::vector<Detection> without_repetitions(std::vector<Detection> found);

/// Returns the detections of each image.
using DetectEach = std::function<std::vector<std::vector<Detection>>(const std::vector<images::Image>&)>;

/// Runs `detect` on 8-bit BGR `image` as a whole and then on its tiles, at most `most` of them at a time;
/// returns the best `max_detections`, best first. What `detect` throws is passed on, so it can stop the run.
std::vector<Detection> detect_in_tiles(const DetectEach& detect, const images::Image& image,
                                       int64_t max_detections, int64_t along, int64_t most);

/// Detects in 8-bit BGR `image` as a whole and in its tiles, best first; if `along` is 1, only as a whole.
/// With n tiles it takes n + 1 times as long. Tiles run row by row, as a batch of all of them might not fit
/// in memory.
std::vector<Detection> detect_in_tiles(const Detector& detector, const images::Image& image,
                                       const DetectOptions& options, int64_t along);

}  // namespace focus::detector
