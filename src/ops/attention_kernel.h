// Attention of one head: raw pointers, one function an instruction set (see ms_deform_attn_kernel.h).
#pragma once

#include <cstdint>

namespace focus::ops::kernel {

/// Queries a kernel works on at once; their scores are its working memory.
constexpr int64_t kAttentionRows = 6;
/// Columns of transposed keys are padded with anything finite to a multiple of this many.
constexpr int64_t kAttentionPadding = 32;

struct AttentionHead {
  int64_t count, padded;                              ///< Keys, and columns of `keys`.
  int64_t channels;                                   ///< Multiple of the lanes.
  int64_t stride_query, stride_value, stride_output;  ///< Floats from row to row.
  const float* query;                                 ///< (count, channels)
  const float* keys;                                  ///< (channels, padded)
  const float* value;                                 ///< (count, channels)
  float* output;                                      ///< (count, channels)
  float scale;                                        ///< Of the scores before the softmax.
};

// Queries begin .. end - 1. `scratch` has room for kAttentionRows * padded floats.
void attend_avx2(const AttentionHead& in, int64_t begin, int64_t end, float* scratch);
void attend_avx512(const AttentionHead& in, int64_t begin, int64_t end, float* scratch);

}  // namespace focus::ops::kernel
