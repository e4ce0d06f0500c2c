// The arguments of the CUDA kernels of multi-scale deformable attention (ms_deform_attn.h): sizes by value
// and raw pointers to contiguous device memory.
#pragma once

#include <cstdint>

#include "ops/cuda/numbers.h"

namespace focus::ops::cuda {

/// Levels are part of a kernel's parameters, so that no table has to be copied to the device first.
inline constexpr int32_t kMaxLevels = 16;

/// A token's index leaves four bits of a word to say which sides of a point are inside.
inline constexpr int64_t kMaxTokens = (int64_t{1} << 28) - 1;

/// B = batch, S = tokens, H = heads, D = channels, Q = queries, L = levels, P = points per level, K = L * P.
struct Shape {
  int64_t batch, tokens, queries;
  int32_t heads, channels, levels, points;
  int32_t height[kMaxLevels], width[kMaxLevels];
  int32_t start[kMaxLevels];  ///< First token of each level.

  FOCUS_HOST_DEVICE int64_t stride() const { return static_cast<int64_t>(heads) * channels; }
};

/// Whether the kernels support a call of these sizes.
FOCUS_HOST_DEVICE bool is_supported(const Shape& shape) {
  return shape.levels <= kMaxLevels && shape.tokens <= kMaxTokens;
}

/// Where to sample, and with which weights.
template <typename R>
struct GivenPoints {
  const R* locations;  ///< (B, Q, H, K, 2) x, y in 0..1.
  const R* weights;    ///< (B, Q, H, K)
};

/// The same as the raw output of the layer's linear projection: a point is at its reference plus an offset,
/// and weights are a softmax over all points of a head.
struct RawPoints {
  const float* raw;         ///< (B, Q, H K 3): offsets (H, K, 2), then logits (H, K).
  const float* references;  ///< (B, Q, L, 2) points or (B, Q, L, 4) boxes, 0..1.
  bool boxes;
};

template <typename T>
struct Gradients {
  const T* output;     ///< (B, Q, H, D), the upstream gradient.
  Real<T>* value;      ///< (B, S, H, D), added to; written where sums are deterministic.
  Real<T>* locations;  ///< (B, Q, H, K, 2), written.
  Real<T>* weights;    ///< (B, Q, H, K), written.
};

/// The same for raw points. References have no gradient.
template <typename T>
struct RawGradients {
  const T* output;  ///< (B, Q, H, D), the upstream gradient.
  Real<T>* value;   ///< (B, S, H, D), added to.
  float* raw;       ///< (B, Q, H K 3), written.
};

}  // namespace focus::ops::cuda
