// Where a detector looked: what it scored as foreground, which tokens its encoder updated, where its decoder
// sampled.
#pragma once

#include <vector>

#include "detector/detector.h"

namespace focus::explain {

/// One level of tokens, a grid over the image.
struct TokenGrid {
  nn::ImageSize size;       ///< in tokens
  int64_t first_token = 0;  ///< index of its first token; the others follow row by row
};

/// The tokens that one encoder layer updated, as indices.
struct LayerTokens {
  std::vector<int64_t> updated;
  std::vector<int64_t> fine_grained;  ///< those of them that attended to each other
};

/// A point that the last decoder layer sampled.
struct SampledPoint {
  double x = 0, y = 0;  ///< pixels of the image
  double weight = 0;    ///< attention weight within its head
  int64_t level = 0;
};

struct Explanation {
  nn::ImageSize image;  ///< as given
  std::vector<TokenGrid> levels;
  std::vector<double> foreground;  ///< per token: probability; empty for detectors that do not score
  std::vector<LayerTokens> layers;
  std::vector<detector::Detection> detections;
  std::vector<std::vector<SampledPoint>> sampled;  ///< per detection: from all heads and levels

  int64_t tokens() const;
  int64_t level_of(int64_t token) const;
  /// The part of the image that a token covers, in pixels.
  Box region_of(int64_t token) const;
};

/// Runs a model on an 8-bit BGR image and records what it did. Throws UsageError for detectors without
/// levels of tokens (DETR), Error for an image that is empty or of another type.
Explanation explain(models::Detector& model, const images::Preprocess& preprocess, const images::Image& image,
                    const detector::DetectOptions& options);

/// The same with a prepared model.
Explanation explain(const detector::Detector& detector, const images::Image& image,
                    const detector::DetectOptions& options);

/// The distribution of the encoder's work over the image: the token updates at each cell of the finest level,
/// where each update is spread evenly over the token's region. Row by row; the sum is 1.
std::vector<double> work_map(const Explanation& explanation);

/// The share of tokens whose centre lies in one of the regions; 0 if there are no tokens.
double share_inside(const Explanation& explanation, const std::vector<int64_t>& tokens,
                    const std::vector<Box>& regions);

}  // namespace focus::explain
