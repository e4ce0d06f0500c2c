// The arguments of the CUDA kernels for rows of tokens: taking some out, and normalising them on the way
// back.
#pragma once

#include <cstdint>

#include "ops/cuda/portable.h"

namespace focus::ops::cuda {

/// B sequences of S tokens of C channels, of which n each are chosen.
struct RowShape {
  int64_t batch, length, chosen;
  int32_t channels;

  FOCUS_HOST_DEVICE int64_t rows() const { return batch * chosen; }
  /// Where in (B * S) the chosen row `row` of (B * n) is; -1 if its index is out of range.
  FOCUS_HOST_DEVICE int64_t token(const int64_t* index, int64_t row) const {
    const int64_t token = index[row];
    return token >= 0 && token < length ? row / chosen * length + token : -1;
  }
};

/// One or two tensors (B, S, C) of which the same rows (B, n, C) are taken.
template <typename T>
struct TakenRows {
  const T* from[2];  ///< The second may be null.
  T* to[2];
};

template <typename T>
struct NormedRows {
  const T* x;           ///< (B, n, C)
  const T* residual;    ///< (B, n, C), added to x, or null.
  const float* weight;  ///< (C)
  const float* bias;    ///< (C)
  float epsilon;
  T* to;  ///< (B, S, C)
};

}  // namespace focus::ops::cuda
