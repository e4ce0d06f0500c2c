// The decoder attention map (Sparse DETR, section 3.2): how much the decoder takes from each token.
#pragma once

#include <ATen/ATen.h>

#include "models/tokens.h"
#include "nn/attention.h"

namespace focus::models {

/// Adds up what deformable attentions sample, by the tokens it came from: a point's weight is distributed to
/// the four tokens around it by the bilinear weights of sampling. The published code splits weights half a
/// token off from where sampling reads them; here both are the same. Takes no gradient.
class DecoderAttention {
 public:
  /// @param first_query queries before it (denoising's) do not count
  explicit DecoderAttention(const Tokens& tokens, int64_t first_query = 0)
      : tokens_(tokens), first_query_(first_query) {}

  /// Adds what the queries of one layer sampled, all heads.
  void add(const nn::SampledPoints& points);

  /// (B, S) the sums so far; padding below all of them.
  at::Tensor map() const;

 private:
  const Tokens& tokens_;
  int64_t first_query_;
  at::Tensor sums_;
};

}  // namespace focus::models
