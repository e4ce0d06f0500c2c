// The weights of the input pixels for each position of a resized line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace focus::images {

/// A triangle filter, widened by the factor when shrinking, in fixed point: as Pillow's BILINEAR.
struct ResizeTaps {
  /// 32 bits: 8 for a pixel, 22 for a coefficient, and 2 to spare for the sum's overshoot.
  static constexpr int kFixedBits = 32 - 8 - 2;
  /// The initial value of sums, so that dropping the lower bits rounds.
  static constexpr int32_t kHalf = 1 << (kFixedBits - 1);

  ResizeTaps(int in_size, int out_size);

  /// Input positions that contribute to an output position.
  struct Window {
    int first;
    int count;
  };
  std::vector<Window> windows;
  std::vector<int32_t> weights;  ///< `stride` for each window; those past its count are 0.
  int stride;

  const int32_t* of(int position) const { return &weights[static_cast<size_t>(position) * stride]; }
};

}  // namespace focus::images
