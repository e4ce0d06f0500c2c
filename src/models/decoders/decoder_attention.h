// The decoder attention map (Sparse DETR, section 3.2): how much the decoder attends to each token.
#pragma once

#include <ATen/ATen.h>

#include "models/tokens.h"
#include "nn/attention.h"

namespace focus::models {

/// Sums the attention weights of deformable attention per token: a point's weight is distributed to the four
/// tokens around it with the bilinear weights of sampling. The published code distributes weights half a
/// token away from where sampling reads; here both agree. No gradient flows through it.
class DecoderAttention {
 public:
  /// @param first_query queries before it, which are for denoising, do not count
  explicit DecoderAttention(const Tokens& tokens, int64_t first_query = 0)
      : tokens_(tokens), first_query_(first_query) {}

  /// Adds what the queries of one layer sampled, all heads.
  void add(const nn::SampledPoints& points);

  /// (B, S): the sums so far; padding has a value below all of them.
  at::Tensor map() const;

 private:
  const Tokens& tokens_;
  int64_t first_query_;
  at::Tensor sums_;
};

}  // namespace focus::models
