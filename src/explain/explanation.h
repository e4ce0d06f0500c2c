// Where a detector looked: what it held for foreground, what its encoder worked on, where its decoder
// sampled.
#pragma once

#include <vector>

#include "detector/detector.h"

namespace focus::explain {

/// One level of tokens, which lie over the image in a grid.
struct TokenGrid {
  nn::ImageSize size;       ///< in tokens
  int64_t first_token = 0;  ///< index of its first token; the others follow row by row
};

/// The tokens one encoder layer worked on, as indices.
struct LayerTokens {
  std::vector<int64_t> updated;
  std::vector<int64_t> fine_grained;  ///< those of them that attended to each other
};

/// A point the last decoder layer took something from.
struct SampledPoint {
  double x = 0, y = 0;  ///< pixels of the image
  double weight = 0;    ///< share of what its attention head took
  int64_t level = 0;
};

struct Explanation {
  nn::ImageSize image;  ///< as given
  std::vector<TokenGrid> levels;
  std::vector<double> foreground;  ///< a token: probability; empty for detectors that do not score
  std::vector<LayerTokens> layers;
  std::vector<detector::Detection> detections;
  std::vector<std::vector<SampledPoint>> sampled;  ///< a detection: from all heads and levels

  int64_t tokens() const;
  int64_t level_of(int64_t token) const;
  /// The part of the image a token stands for, in pixels.
  Box region_of(int64_t token) const;
};

/// Runs a model on an 8-bit BGR image and keeps what it did. Throws UsageError for detectors without
/// levels of tokens (DETR), Error for an image that is empty or of another type.
Explanation explain(models::Detector& model, const images::Preprocess& preprocess, const images::Image& image,
                    const detector::DetectOptions& options);

/// The same with a prepared model.
Explanation explain(const detector::Detector& detector, const images::Image& image,
                    const detector::DetectOptions& options);

/// How the encoder's work lies over the image: updates of the tokens over each place of the finest level,
/// a token's spread evenly over its region. Row by row, adding up to 1.
std::vector<double> work_map(const Explanation& explanation);

/// The share of tokens whose centre lies in one of the regions; of no tokens: 0.
double share_inside(const Explanation& explanation, const std::vector<int64_t>& tokens,
                    const std::vector<Box>& regions);

}  // namespace focus::explain
