// Feature levels flattened into one sequence of tokens, levels from fine to coarse, row-major within a level.
#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <vector>

#include "nn/attention.h"
#include "nn/batch.h"

namespace focus::models {

struct TokenGeometry;

struct Tokens {
  at::Tensor features;                            ///< (B, S, C): the neck's output
  at::Tensor position;                            ///< (B, S, C): sine encoding plus level embedding
  at::Tensor padding_mask;                        ///< (B, S) bool, true = padding
  bool padded = true;                             ///< Whether any of padding_mask can be true.
  at::Tensor valid_ratios;                        ///< (B, L, 2): unpadded share of width and height
  std::vector<nn::ImageSize> shapes;              ///< size of each level
  std::vector<int64_t> starts;                    ///< first token of each level
  nn::Levels levels;                              ///< shapes and starts as tensors, for deformable attention
  std::shared_ptr<const TokenGeometry> geometry;  ///< Cached geometry of these tokens, or null.

  /// The mask for layers that must ignore padding; undefined where there is none.
  at::Tensor value_mask() const { return padded ? padding_mask : at::Tensor(); }
};

/// Resizes the images' padding mask to a feature level (nearest neighbour), (B, H, W) -> (B, h, w) bool.
at::Tensor level_padding_mask(const at::Tensor& mask, int64_t height, int64_t width);

/// @param features, positions per level (B, C, h, w)
/// @param masks               per level (B, h, w)
/// @param level_embeds        (L, C)
Tokens flatten_levels(const std::vector<at::Tensor>& features, const std::vector<at::Tensor>& positions,
                      const std::vector<at::Tensor>& masks, const at::Tensor& level_embeds);

/// Feature maps, per level (B, C, h, w), as one sequence (B, S, C).
at::Tensor flatten_features(const std::vector<at::Tensor>& features);

/// Centre of every token, as a fraction of every level's padded size: (B, S, L, 2), x and y.
at::Tensor token_reference_points(const Tokens& tokens);

/// A box for every token (two-stage DETR): its centre, and a size that doubles with each level from 0.05 on.
struct TokenProposals {
  at::Tensor logits;   ///< (B, S, 4) boxes before the sigmoid; +inf where invalid
  at::Tensor invalid;  ///< (B, S) bool: padding, or a box coordinate or size outside 0.01 .. 0.99
  /// (B, n): the tokens that are invalid, where the geometry is cached; else undefined.
  at::Tensor invalid_rows{};
};
TokenProposals token_proposals(const Tokens& tokens);

}  // namespace focus::models
