// Attention of one head: raw pointers, one function per instruction set (ops/cpu/kernel_table.h).
#pragma once

#include <cstdint>

namespace focus::ops::kernel {

/// Queries that a kernel works on at once; its working memory holds their scores.
constexpr int64_t kAttentionRows = 6;
/// Keys are padded to a multiple of this many; the padding may have any finite values.
constexpr int64_t kAttentionPadding = 32;

/// Rows of channels as columns, in the order in which the kernels read them: (padded / block, channels,
/// block), where a block is two vectors of lanes.
constexpr int64_t attention_block(int64_t lanes) { return 2 * lanes; }

struct AttentionHead {
  int64_t count, padded;                              ///< Keys, and columns of `keys`.
  int64_t channels;                                   ///< Of a query and a key.
  int64_t row_width;                                  ///< The channels rounded up to whole vectors.
  int64_t stride_query, stride_value, stride_output;  ///< Floats from row to row; dense is faster.
  const float* query;                                 ///< (count, channels)
  const float* keys;                                  ///< Columns, see attention_block.
  const float* value;                                 ///< (count, row_width), zeros after the channels
  float* output;                                      ///< (count, row_width)
  float scale;                                        ///< Factor of the scores before the softmax.
  const bool* attention_mask = nullptr;               ///< (count, count): keys a query must not see; or null.
};

/// Queries whose weights are in memory at a time while gradients are computed.
constexpr int64_t kAttentionGradientRows = 8 * kAttentionRows;

/// The backward pass computes the weights again, so only the inputs have to be kept. All rows have the head's
/// row_width, with zeros after the channels.
struct AttentionGradient {
  AttentionHead head;        ///< `output` is not used.
  const float* key;          ///< (count, row_width), strides as the queries'
  const float* values;       ///< Columns, see attention_block.
  const float* grad_output;  ///< (count, row_width), strides as the output's
  // Strides are those of the corresponding inputs. The caller sets the gradients of keys and values to zero.
  float *grad_query, *grad_key, *grad_value;
};

/// Queries begin .. end - 1. `scratch` has room for kAttentionRows * padded floats.
using Attend = void(const AttentionHead& in, int64_t begin, int64_t end, float* scratch);

/// Gradients of one head. `scratch` has room for 2 * kAttentionGradientRows * padded floats.
using AttendGradient = void(const AttentionGradient& in, float* scratch);

}  // namespace focus::ops::kernel
