// The attentions of nn/ as nodes, including the residual connection.
#pragma once

#include "export/parts/layers.h"

namespace focus::exporter {

/// nn::SelfAttention. `attention_mask` is undefined, or bool that broadcasts to (B, heads, N, N).
Value self_attention(const Part& part, int64_t heads, const Value& x, const Value& position,
                     const Value& attention_mask = {});

/// nn::CrossAttention. `attention_mask` is undefined, or (B, 1, 1, M) bool.
Value cross_attention(const Part& part, int64_t heads, const Value& x, const Value& position,
                      const Value& memory, const Value& memory_position, const Value& attention_mask = {});

/// Scores as float32, set to minus infinity where `attention_mask` is true.
Value block_scores(const Value& scores, const Value& attention_mask);

}  // namespace focus::exporter
