// Foreground token selector (paper, section 3.2): which tokens the encoder updates.
#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <vector>

#include "models/encoders/deformable_encoder.h"
#include "models/tokens.h"
#include "nn/layers.h"

namespace focus::models {

/// The scorer's network: reads a token's own features and the mean of its level's.
class TokenScorer : public torch::nn::Module {
 public:
  explicit TokenScorer(int64_t width);

  /// @param x (B, N, width), the tokens of one level (Focus-DETR) or of all (Sparse DETR); the mean runs over
  /// all of them
  /// @return (B, N, 1) logits
  at::Tensor forward(const at::Tensor& x) const;

  /// Scores all levels from the coarsest on; each level's features are modulated by the upsampled score of
  /// the next coarser level (top-down score modulation, equation 3).
  /// @param memory (B, S, width)
  /// @param alpha  (L - 1) learned strength; alpha[0] is for the second coarsest level; undefined: no
  /// modulation
  /// @return (B, S) logits
  at::Tensor score(const at::Tensor& memory, const std::vector<nn::ImageSize>& shapes,
                   const at::Tensor& alpha) const;

 private:
  std::shared_ptr<nn::LayerNorm> norm_;
  std::shared_ptr<nn::Linear> input_, hidden_, narrow_, output_;
};

/// Which tokens each encoder layer updates.
struct TokenSelection {
  at::Tensor score;              ///< (B, S) logits, padding at the minimum of the batch
  at::Tensor foreground_counts;  ///< (B) int64: foreground tokens of each image
  std::vector<KeptTokens> kept;  ///< one per layer, in the requested order
};

/// How the tokens of a layer are ordered.
enum class TokenOrder {
  kScore,   ///< Best first.
  kRaster,  ///< In raster order, so that neighbours sample memory that is already in the cache.
};

/// An image's foreground tokens are its best ones: a share keep_ratio of those that are not padding, plus
/// one. Layer k keeps the best tokens of each image, a share cascade[k] of the largest number of foreground
/// tokens that an image of the batch has (top-down cascade).
/// @param padding_mask (B, S) bool, true = padding; undefined: there is none, which saves waiting for a GPU
TokenSelection select_tokens(const at::Tensor& logits, const at::Tensor& padding_mask, double keep_ratio,
                             const std::vector<double>& cascade, TokenOrder order);

}  // namespace focus::models
