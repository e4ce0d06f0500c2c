// The arguments of the CUDA kernels that gather rows of tokens, and that normalise rows and write them back.
#pragma once

#include <cstdint>

#include "ops/cuda/portable.h"

namespace focus::ops::cuda {

/// B sequences of S tokens with C channels; n tokens of each are chosen.
struct RowShape {
  int64_t batch, length, chosen;
  int32_t channels;

  FOCUS_HOST_DEVICE int64_t rows() const { return batch * chosen; }
  /// The position in (B * S) of chosen row `row` of (B * n); -1 if its index is out of range.
  FOCUS_HOST_DEVICE int64_t token(const int64_t* index, int64_t row) const {
    const int64_t token = index[row];
    return token >= 0 && token < length ? row / chosen * length + token : -1;
  }
};

/// One or two tensors (B, S, C) from which the same rows (B, n, C) are taken.
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
