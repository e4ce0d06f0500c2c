// Which tokens each encoder layer updates (models/token_scorer.h), as nodes.
#pragma once

#include <vector>

#include "export/parts/tokens.h"

namespace focus::exporter {

/// models::TokenScorer of tokens (B, N, C): (B, N, 1) logits.
Value token_scores(const Part& scorer, const Value& x);

/// models::TokenScorer::score: levels from the coarsest on, modulated by the one above: (B, S) logits.
/// @param alpha (L - 1) learned strengths; undefined: no modulation
Value top_down_scores(const Part& scorer, const Value& memory, const Tokens& tokens, const at::Tensor& alpha);

/// The tokens of one layer, best first.
struct Kept {
  Value indices;  ///< (B, n) int64
  Value counted;  ///< (B, n) bool: false where an image of the batch has fewer
};

struct Selection {
  Value score;  ///< (B, S), padding at the least of the batch
  std::vector<Kept> kept;
};

/// models::select_tokens: counts follow the image's size, rounded as there.
Selection select_tokens(const Value& logits, const Tokens& tokens, double keep_ratio,
                        const std::vector<double>& cascade);

}  // namespace focus::exporter
