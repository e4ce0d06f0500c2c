// Flattens feature levels into one sequence of tokens (models/tokens.h), as nodes.
#pragma once

#include <vector>

#include "export/parts/deformable.h"
#include "models/options.h"

namespace focus::exporter {

struct Tokens {
  Value features;      ///< (B, S, C)
  Value position;      ///< (B, S, C)
  Value padding;       ///< (B, S) bool
  Value valid_ratios;  ///< (B, L, 2): unpadded fraction of width and height
  Value count;         ///< (1) int64: S
  std::vector<Level> levels;
};

/// models::level_padding_mask: resamples a mask (B, H, W) bool to a feature map (B, C, h, w): (B, h, w).
Value level_padding(const Value& mask, const Value& map);

/// models::flatten_levels.
/// @param maps (B, C, h, w), fine to coarse
/// @param mask (B, H, W) bool, true = padding
Tokens flatten_levels(const std::vector<Value>& maps, const Value& mask, const Value& level_embeds,
                      const models::TransformerOptions& options);

/// models::token_reference_points: (B, S, L, 2).
Value token_reference_points(const Tokens& tokens);

/// models::TokenProposals.
struct Proposals {
  Value logits;   ///< (B, S, 4)
  Value invalid;  ///< (B, S, 1) bool
};
Proposals token_proposals(const Tokens& tokens);

/// models::OutputMemory of a transformer.
Value output_memory(const Part& transformer, const Value& memory, const Proposals& proposals);

}  // namespace focus::exporter
