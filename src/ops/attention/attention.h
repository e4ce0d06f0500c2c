#pragma once

#include <ATen/ATen.h>

namespace focus::ops {

/// Whether `attention` has a kernel on this CPU.
bool has_attention_kernel();

/// Multi-head self-attention, float32 on the CPU: softmax(q k^T / sqrt(d)) v per head. The scores are never
/// in memory as a whole, and the backward pass computes them again. Differentiable once. Call only if
/// has_attention_kernel.
/// @param query_key (B, N, 2 C): queries, then keys, head by head
/// @param value     (B, N, C)
/// @param attention_mask   (N, N) bool, keys (columns) that a query must not see, but never all of them; or
/// undefined
/// @return (B, N, C)
at::Tensor attention(const at::Tensor& query_key, const at::Tensor& value, int64_t heads,
                     const at::Tensor& attention_mask = {});

}  // namespace focus::ops
