// The arguments of the kernels of multi-scale deformable attention: raw pointers and sizes. kernel_table.h
// has one function per instruction set. Includes nothing that has code: files compiled for a newer
// instruction set must not emit shared inline functions.
#pragma once

#include <cstdint>

namespace focus::ops::kernel {

/// The point tables are readable up to the next multiple of this many points; the padding is 0.
constexpr int64_t kPointPadding = 16;

/// The inputs of one call, contiguous, B = batch, S = tokens, H = heads, D = channels, Q = queries,
/// K = points = levels * points per level.
template <typename T>
struct Sampling {
  int64_t tokens, heads, channels, queries, points;
  const int32_t* level_height;  ///< (K) height of the level each point samples.
  const int32_t* level_width;   ///< (K)
  const int32_t* level_start;   ///< (K) first token of that level.
  const T* value;               ///< (B, S, H, D)
  const T* locations;           ///< (B, Q, H, K, 2) x, y in 0..1.
  const T* weights;             ///< (B, Q, H, K)
};

template <typename T>
struct Gradients {
  const T* output;  ///< (B, Q, H, D), the upstream gradient.
  T* value;         ///< (B, S, H, D), added to.
  T* locations;     ///< (B, Q, H, K, 2), written.
  T* weights;       ///< (B, Q, H, K), written.
};

/// Writes rows begin .. end - 1 of the output (B * Q, H, D).
template <typename T>
using Sample = void(const Sampling<T>& in, T* output, int64_t begin, int64_t end);

/// Gradients of slices begin .. end - 1 of B * H. A slice owns its part of every gradient, so slices can run
/// in parallel and sums do not depend on the number of threads.
template <typename T>
using SampleGradient = void(const Sampling<T>& in, const Gradients<T>& grad, int64_t begin, int64_t end);

/// The plain kernels, which all others are tested against; for float and double.
template <typename T>
void sample_scalar(const Sampling<T>& in, T* output, int64_t begin, int64_t end);
template <typename T>
void sample_gradient_scalar(const Sampling<T>& in, const Gradients<T>& grad, int64_t begin, int64_t end);

}  // namespace focus::ops::kernel
