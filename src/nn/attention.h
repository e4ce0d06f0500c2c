// The attention layers of encoders and decoders, including the residual as in the reference.
#pragma once

#include <torch/nn/module.h>

#include <memory>

#include "nn/layers.h"

namespace focus::nn {

/// The common part of multi-head attentions: projections under the names of PyTorch's MultiheadAttention
/// ("attn.in_proj_weight", "attn.out_proj.weight").
class MultiHeadAttention : public torch::nn::Module, public Preparable {
 public:
  void prepare(const LayerPreparation& how) override;
  void train(bool on = true) override;

 protected:
  MultiHeadAttention(int64_t width, int64_t heads);

  /// Scaled dot-product attention: query (B, heads, N, d), key and value (B, heads, M, d); attention_mask
  /// (broadcast to (B, heads, N, M)) bool, true = may not attend; undefined: all may.
  /// @return (B, N, heads d)
  at::Tensor mix(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                 const at::Tensor& attention_mask) const;

  int64_t heads_;
  at::Tensor in_proj_weight_;
  at::Tensor in_proj_bias_;
  std::shared_ptr<Linear> out_proj_;
  Packed<ops::PackedLinear> packed_query_key_, packed_value_;
};

/// Multi-head self-attention among queries, with position added to queries and keys, plus the residual.
class SelfAttention : public MultiHeadAttention {
 public:
  SelfAttention(int64_t width, int64_t heads) : MultiHeadAttention(width, heads) {}

  /// @param x, position    (B, N, width)
  /// @param attention_mask bool, true = row may not attend to column: (N, N), or (B, 1, 1, N) for padding;
  ///                       undefined = all may
  at::Tensor forward(const at::Tensor& x, const at::Tensor& position,
                     const at::Tensor& attention_mask = {}) const;

 private:
  /// Queries and keys of `placed` (B, N, width), concatenated in the last dimension, and values of x.
  std::pair<at::Tensor, at::Tensor> project(const at::Tensor& placed, const at::Tensor& x) const;
};

/// Multi-head attention of queries to a memory, with positions added to queries and keys, plus the residual.
class CrossAttention : public MultiHeadAttention {
 public:
  CrossAttention(int64_t width, int64_t heads) : MultiHeadAttention(width, heads) {}

  /// @param x, position              (B, N, width)
  /// @param memory, memory_position  (B, M, width)
  /// @param attention_mask           (B, 1, 1, M) bool, true = padding; undefined = none
  at::Tensor forward(const at::Tensor& x, const at::Tensor& position, const at::Tensor& memory,
                     const at::Tensor& memory_position, const at::Tensor& attention_mask = {}) const;
};

/// The feature levels a deformable attention samples, flattened fine to coarse.
struct Levels {
  at::Tensor spatial_shapes;     ///< (L, 2) int64 on the CPU, height and width
  at::Tensor level_start_index;  ///< (L) int64 on the CPU
};

/// Where a deformable attention sampled, and with which weights.
struct SampledPoints {
  at::Tensor locations;  ///< (B, Q, heads, L, points, 2), x and y as fractions of the level
  at::Tensor weights;    ///< (B, Q, heads, L, points), summing to 1 per head
};

/// Multi-scale deformable attention (Deformable DETR, equation 3), plus the residual.
class DeformableAttention : public torch::nn::Module, public Preparable {
 public:
  DeformableAttention(int64_t width, int64_t heads, int64_t levels, int64_t points);

  /// The values all queries sample: the projection with padding set to zero, (B, S, heads, width / heads).
  at::Tensor project(const at::Tensor& value, const at::Tensor& padding_mask) const;

  /// @param query, position   (B, Q, width)
  /// @param values            from project()
  /// @param reference_points  (B, Q, L, 2) points or (B, Q, L, 4) boxes, normalised per level
  /// @param seen              receives what was sampled, unless null
  /// @return (B, Q, width)
  at::Tensor forward(const at::Tensor& query, const at::Tensor& position, const at::Tensor& values,
                     const at::Tensor& reference_points, const Levels& levels,
                     SampledPoints* seen = nullptr) const;

  /// Initialises offsets along rays, one direction per head and farther with each point, and uniform weights
  /// (Deformable DETR, A.4).
  void reset_parameters();

  void prepare(const LayerPreparation& how) override;
  void train(bool on = true) override;

 private:
  /// Offsets and logits of the weights, concatenated as ops::ms_deform_attn_raw reads them, in float32:
  /// locations must not be rounded to bfloat16's eight significant bits.
  at::Tensor offsets_and_weights(const at::Tensor& placed) const;

  /// The output of each query: (B, Q, width).
  at::Tensor sample(const at::Tensor& placed, const at::Tensor& values, const at::Tensor& reference_points,
                    const Levels& levels, SampledPoints* seen) const;

  int64_t heads_, levels_, points_;
  std::shared_ptr<Linear> sampling_offsets_, attention_weights_, value_proj_, output_proj_;
  Packed<ops::PackedLinear> packed_offsets_weights_;
};

}  // namespace focus::nn
