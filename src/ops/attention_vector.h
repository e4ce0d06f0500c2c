// Attention for W float lanes. Scores of a few queries stay in the cache from the first product to the
// second.
#pragma once

#include "ops/attention_kernel.h"
#include "ops/lanes.h"

namespace focus::ops::kernel {
namespace {

/// Scores of kAttentionRows queries with all keys.
template <int W>
void score_rows(const AttentionHead& in, const float* const* queries, float* scores) {
  for (int64_t n = 0; n < in.padded; n += 2 * W) {
    F<W> sums[kAttentionRows][2] = {};
    const float* keys = in.keys + n;
    for (int64_t c = 0; c < in.channels; ++c, keys += in.padded) {
      const F<W> left = load<F<W>>(keys), right = load<F<W>>(keys + W);
      for (int64_t r = 0; r < kAttentionRows; ++r) {
        sums[r][0] += queries[r][c] * left;
        sums[r][1] += queries[r][c] * right;
      }
    }
    for (int64_t r = 0; r < kAttentionRows; ++r) {
      store(scores + r * in.padded + n, sums[r][0] * in.scale);
      store(scores + r * in.padded + n + W, sums[r][1] * in.scale);
    }
  }
}

/// N vectors of channels of R rows of the output, from channel `first` on.
template <int W, int R, int N>
void mix_values(const AttentionHead& in, const float* weights, int64_t first, float* const* outputs) {
  F<W> sums[R][N] = {};
  const float* value = in.value + first;
  for (int64_t n = 0; n < in.count; ++n, value += in.stride_value) {
    for (int v = 0; v < N; ++v) {
      const F<W> here = load<F<W>>(value + v * W);
      for (int r = 0; r < R; ++r) sums[r][v] += weights[r * in.padded + n] * here;
    }
  }
  for (int r = 0; r < R; ++r) {
    for (int v = 0; v < N; ++v) store(outputs[r] + first + v * W, sums[r][v]);
  }
}

template <int W>
void attend_rows(const AttentionHead& in, int64_t begin, int64_t end, float* scratch) {
  constexpr int kHalf = kAttentionRows / 2;
  for (int64_t first = begin; first < end; first += kAttentionRows) {
    const float* queries[kAttentionRows];
    float* outputs[kAttentionRows];
    for (int64_t r = 0; r < kAttentionRows; ++r) {
      // Past the end the last row is computed again.
      const int64_t row = first + r < end ? first + r : end - 1;
      queries[r] = in.query + row * in.stride_query;
      outputs[r] = in.output + row * in.stride_output;
    }
    score_rows<W>(in, queries, scratch);
    for (int64_t r = 0; r < kAttentionRows; ++r) {
      softmax<W>(scratch + r * in.padded, scratch + r * in.padded, in.count);
    }
    for (int half = 0; half < kAttentionRows; half += kHalf) {
      const float* weights = scratch + half * in.padded;
      int64_t c = 0;
      for (; c + 4 * W <= in.channels; c += 4 * W) mix_values<W, kHalf, 4>(in, weights, c, outputs + half);
      for (; c + W <= in.channels; c += W) mix_values<W, kHalf, 1>(in, weights, c, outputs + half);
    }
  }
}

}  // namespace
}  // namespace focus::ops::kernel
