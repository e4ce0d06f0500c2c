// Attention for W float lanes. Scores of a few queries stay in the cache from the first product to the
// second.
#pragma once

#include <cstddef>

#include "ops/attention/attention_kernel.h"
#include "ops/cpu/lanes.h"

namespace focus::ops::kernel {
namespace {

/// Products of kAttentionRows rows of channels with all columns (attention_block), such as scores of queries
/// with keys.
template <int W>
void score_rows(const AttentionHead& in, const float* const* queries, const float* columns, float scale,
                float* scores) {
  for (int64_t n = 0; n < in.padded; n += 2 * W) {
    F<W> sums[kAttentionRows][2] = {};
    const float* keys = columns + n * in.channels;
    for (int64_t c = 0; c < in.channels; ++c, keys += 2 * W) {
      const F<W> left = load<F<W>>(keys), right = load<F<W>>(keys + W);
      for (int64_t r = 0; r < kAttentionRows; ++r) {
        sums[r][0] += queries[r][c] * left;
        sums[r][1] += queries[r][c] * right;
      }
    }
    for (int64_t r = 0; r < kAttentionRows; ++r) {
      store(scores + r * in.padded + n, sums[r][0] * scale);
      store(scores + r * in.padded + n + W, sums[r][1] * scale);
    }
  }
}

/// Masked scores become -infinity. Most groups of neighbours have no masked score.
inline void block_scores(const bool* attention_mask, int64_t count, float* scores) {
  constexpr int64_t kAtOnce = sizeof(uint64_t);
  for (int64_t first = 0; first < count; first += kAtOnce) {
    const int64_t n = count - first < kAtOnce ? count - first : kAtOnce;
    uint64_t any = 0;
    __builtin_memcpy(&any, attention_mask + first, static_cast<std::size_t>(n));
    if (any == 0) continue;
    for (int64_t i = first; i < first + n; ++i) scores[i] = attention_mask[i] ? -__builtin_inff() : scores[i];
  }
}

/// Attention weights of kAttentionRows queries from `first` on, where queries past `end` repeat the last one;
/// not yet divided by their sums, which are returned in `totals`.
template <int W>
void weigh_rows(const AttentionHead& in, int64_t first, int64_t end, float* weights, float* totals) {
  const float* queries[kAttentionRows];
  for (int64_t r = 0; r < kAttentionRows; ++r) {
    queries[r] = in.query + (first + r < end ? first + r : end - 1) * in.stride_query;
  }
  score_rows<W>(in, queries, in.keys, in.scale, weights);
  for (int64_t r = 0; r < kAttentionRows; ++r) {
    float* row = weights + r * in.padded;
    if (in.attention_mask != nullptr)
      block_scores(in.attention_mask + (first + r < end ? first + r : end - 1) * in.count, in.count, row);
    totals[r] = exponentials<W>(row, row, in.count);
  }
}

/// N vectors of channels of R rows of the output, from channel `first` on, each row times its scale.
/// @param value (count, channels), rows `stride` floats apart
template <int W, int R, int N>
void mix_values(const AttentionHead& in, const float* weights, const float* scales, const float* value,
                int64_t stride, int64_t first, float* const* outputs) {
  F<W> sums[R][N] = {};
  value += first;
  for (int64_t n = 0; n < in.count; ++n, value += stride) {
    for (int v = 0; v < N; ++v) {
      const F<W> here = load<F<W>>(value + v * W);
      for (int r = 0; r < R; ++r) sums[r][v] += weights[r * in.padded + n] * here;
    }
  }
  for (int r = 0; r < R; ++r) {
    for (int v = 0; v < N; ++v) store(outputs[r] + first + v * W, sums[r][v] * scales[r]);
  }
}

/// The sums of the rows of `value`, weighted by kAttentionRows rows of weights, each times its scale.
template <int W>
void mix_rows(const AttentionHead& in, const float* weights, const float* scales, const float* value,
              int64_t stride, float* const* outputs) {
  constexpr int kHalf = kAttentionRows / 2;
  for (int half = 0; half < kAttentionRows; half += kHalf) {
    const float* of_half = weights + half * in.padded;
    int64_t c = 0;
    for (; c + 4 * W <= in.row_width; c += 4 * W) {
      mix_values<W, kHalf, 4>(in, of_half, scales + half, value, stride, c, outputs + half);
    }
    for (; c + W <= in.row_width; c += W) {
      mix_values<W, kHalf, 1>(in, of_half, scales + half, value, stride, c, outputs + half);
    }
  }
}

template <int W>
void attend_rows(const AttentionHead& in, int64_t begin, int64_t end, float* scratch) {
  for (int64_t first = begin; first < end; first += kAttentionRows) {
    float* outputs[kAttentionRows];
    float scales[kAttentionRows];
    for (int64_t r = 0; r < kAttentionRows; ++r) {
      // Past the end the last row is computed again.
      outputs[r] = in.output + (first + r < end ? first + r : end - 1) * in.stride_output;
    }
    weigh_rows<W>(in, first, end, scratch, scales);
    for (float& scale : scales) scale = 1 / scale;
    mix_rows<W>(in, scratch, scales, in.value, in.stride_value, outputs);
  }
}

/// Adds to K rows of `to` the sum of `rows` rows of `from`, each times its row's weight in that column.
template <int W, int K, int N>
void add_columns(const float* weights, int64_t stride_weights, int64_t rows, const float* from,
                 int64_t stride_from, float* to, int64_t stride_to) {
  F<W> sums[K][N];
  for (int k = 0; k < K; ++k) {
    for (int v = 0; v < N; ++v) sums[k][v] = load<F<W>>(to + k * stride_to + v * W);
  }
  for (int64_t row = 0; row < rows; ++row) {
    F<W> values[N];
    for (int v = 0; v < N; ++v) values[v] = load<F<W>>(from + row * stride_from + v * W);
    for (int k = 0; k < K; ++k) {
      for (int v = 0; v < N; ++v) sums[k][v] += weights[row * stride_weights + k] * values[v];
    }
  }
  for (int k = 0; k < K; ++k) {
    for (int v = 0; v < N; ++v) store(to + k * stride_to + v * W, sums[k][v]);
  }
}

/// The same for all columns and channels.
template <int W>
void add_all_columns(const AttentionHead& in, const float* weights, int64_t rows, const float* from,
                     int64_t stride_from, float* to, int64_t stride_to) {
  constexpr int kColumns = 3, kVectors = 4;
  for (int64_t n = 0; n < in.count;) {
    const bool many = n + kColumns <= in.count;
    for (int64_t c = 0; c < in.row_width;) {
      const bool wide = c + kVectors * W <= in.row_width;
      const auto add = many ? (wide ? add_columns<W, kColumns, kVectors> : add_columns<W, kColumns, 1>)
                            : (wide ? add_columns<W, 1, kVectors> : add_columns<W, 1, 1>);
      add(weights + n, in.padded, rows, from + c, stride_from, to + n * stride_to + c, stride_to);
      c += wide ? kVectors * W : W;
    }
    n += many ? kColumns : 1;
  }
}

template <int W>
void attend_gradient(const AttentionGradient& in, float* scratch) {
  const AttentionHead& head = in.head;
  float *weights = scratch, *grads = scratch + kAttentionGradientRows * head.padded;
  for (int64_t first = 0; first < head.count; first += kAttentionGradientRows) {
    const int64_t end =
        first + kAttentionGradientRows < head.count ? first + kAttentionGradientRows : head.count;
    for (int64_t row = first; row < end; row += kAttentionRows) {
      float *p = weights + (row - first) * head.padded, *ds = grads + (row - first) * head.padded;
      const float* grad_outputs[kAttentionRows];
      float* grad_queries[kAttentionRows];
      for (int64_t r = 0; r < kAttentionRows; ++r) {
        const int64_t here = row + r < end ? row + r : end - 1;
        grad_outputs[r] = in.grad_output + here * head.stride_output;
        grad_queries[r] = in.grad_query + here * head.stride_query;
      }
      float totals[kAttentionRows], scales[kAttentionRows];
      weigh_rows<W>(head, row, end, p, totals);
      score_rows<W>(head, grad_outputs, in.values, 1.0f, ds);
      // Softmax: a score's gradient is its weight times (the weight's gradient - the weighted mean of those).
      for (int64_t r = 0; r < kAttentionRows; ++r, p += head.padded, ds += head.padded) {
        scales[r] = head.scale;
        const float share = 1 / totals[r];
        F<W> sums{};
        float mean = 0;
        const int64_t whole = head.count / W * W;
        for (int64_t n = 0; n < whole; n += W) {
          const F<W> weight = load<F<W>>(p + n) * share;
          store(p + n, weight);
          sums += weight * load<F<W>>(ds + n);
        }
        for (int64_t n = whole; n < head.count; ++n) {
          p[n] *= share;
          mean += p[n] * ds[n];
        }
        mean += sum<W>(sums);
        for (int64_t n = 0; n < whole; n += W) store(ds + n, load<F<W>>(p + n) * (load<F<W>>(ds + n) - mean));
        for (int64_t n = whole; n < head.count; ++n) ds[n] = p[n] * (ds[n] - mean);
      }
      mix_rows<W>(head, grads + (row - first) * head.padded, scales, in.key, head.stride_query, grad_queries);
    }
    add_all_columns<W>(head, grads, end - first, head.query + first * head.stride_query, head.stride_query,
                       in.grad_key, head.stride_query);
    add_all_columns<W>(head, weights, end - first, in.grad_output + first * head.stride_output,
                       head.stride_output, in.grad_value, head.stride_value);
  }
  // Scores are scaled products.
  for (int64_t n = 0; n < head.count; ++n) {
    for (int64_t c = 0; c < head.channels; ++c) in.grad_key[n * head.stride_query + c] *= head.scale;
  }
}

}  // namespace
}  // namespace focus::ops::kernel
