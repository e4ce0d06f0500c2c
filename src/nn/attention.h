// The two attentions of the decoder and encoder, residual included as in the reference.
#pragma once

#include <torch/nn/module.h>

#include <memory>

#include "nn/layers.h"

namespace focus::nn {

/// Multi-head self-attention among queries, with position added to queries and keys, plus the residual.
class SelfAttention : public torch::nn::Module, public Preparable {
 public:
  SelfAttention(int64_t width, int64_t heads);

  /// @param x, position (B, N, width)
  /// @param blocked     (N, N) bool, true = row may not attend to column; undefined = all may
  at::Tensor forward(const at::Tensor& x, const at::Tensor& position, const at::Tensor& blocked = {}) const;

  void prepare(const LayerPreparation& how) override;
  void train(bool on = true) override;

 private:
  /// Queries and keys of `placed` (B, N, width) side by side, and values of x.
  std::pair<at::Tensor, at::Tensor> project(const at::Tensor& placed, const at::Tensor& x) const;

  int64_t heads_;
  at::Tensor in_proj_weight_;
  at::Tensor in_proj_bias_;
  std::shared_ptr<Linear> out_proj_;
  Packed<ops::PackedConvolution> packed_query_key_, packed_value_;
};

/// The feature levels a deformable attention samples, flattened fine to coarse.
struct Levels {
  at::Tensor spatial_shapes;     ///< (L, 2) int64, height and width
  at::Tensor level_start_index;  ///< (L) int64
};

/// Multi-scale deformable attention (Deformable DETR, equation 3), plus the residual.
class DeformableAttention : public torch::nn::Module, public Preparable {
 public:
  DeformableAttention(int64_t width, int64_t heads, int64_t levels, int64_t points);

  /// Values all queries sample from: the projection with padding set to zero, (B, S, heads, width / heads).
  at::Tensor project(const at::Tensor& value, const at::Tensor& padding_mask) const;

  /// @param query, position   (B, Q, width)
  /// @param values            from project()
  /// @param reference_points  (B, Q, L, 2) points or (B, Q, L, 4) boxes, normalised per level
  /// @return (B, Q, width)
  at::Tensor forward(const at::Tensor& query, const at::Tensor& position, const at::Tensor& values,
                     const at::Tensor& reference_points, const Levels& levels) const;

  /// Offsets on rays, one head a direction, further with each point; weights uniform (Deformable DETR, A.4).
  void reset_parameters();

  void prepare(const LayerPreparation& how) override;
  void train(bool on = true) override;

 private:
  /// What each query found: (B, Q, width).
  at::Tensor sample(const at::Tensor& placed, const at::Tensor& values, const at::Tensor& reference_points,
                    const Levels& levels) const;

  int64_t heads_, levels_, points_;
  std::shared_ptr<Linear> sampling_offsets_, attention_weights_, value_proj_, output_proj_;
  Packed<ops::PackedConvolution> packed_offsets_weights_;
};

}  // namespace focus::nn
