// The selection of the tokens that each encoder layer updates (models/encoders/token_scorer.h), as nodes.
#pragma once

#include <vector>

#include "export/parts/tokens.h"

namespace focus::exporter {

/// models::TokenScorer of tokens (B, N, C): (B, N, 1) logits.
Value token_scores(const Part& scorer, const Value& x);

/// models::TokenScorer::score: (B, S) logits. Levels are scored from the coarsest on, each modulated by the
/// one before.
/// @param alpha (L - 1) learned strengths; undefined: no modulation
Value top_down_scores(const Part& scorer, const Value& memory, const Tokens& tokens, const at::Tensor& alpha);

/// The tokens of one layer, best first.
struct Kept {
  Value indices;  ///< (B, n) int64
  Value counted;  ///< (B, n) bool: false where an image has fewer than n tokens
};

struct Selection {
  Value score;  ///< (B, S), with the least of the batch in the padding
  std::vector<Kept> kept;
};

/// models::select_tokens: counts depend on the image's size, rounded in the same way.
Selection select_tokens(const Value& logits, const Tokens& tokens, double keep_ratio,
                        const std::vector<double>& cascade);

}  // namespace focus::exporter
