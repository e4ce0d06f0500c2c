// The layers of nn/ as nodes: each function is the forward pass of the module it is named after.
#pragma once

#include "export/graph/operators.h"
#include "export/graph/part.h"

namespace focus::exporter {

/// A constant in the graph's compute type.
Value heavy_weight(const Part& part, const std::string& name, const at::Tensor& tensor);

/// nn::Linear without its activation: (..., in) -> (..., out).
Value linear(const Part& part, const Value& x);
/// Rows `begin` to `end` of a stacked projection: (..., in) -> (..., end - begin).
Value linear_rows(const Part& part, const std::string& weight, const std::string& bias, int64_t begin,
                  int64_t end, const Value& x);
/// nn::LayerNorm, in float32.
Value layer_norm(const Part& part, const Value& x);
/// nn::GroupNorm of (B, C, H, W), in float32.
Value group_norm(const Part& part, const Value& x);
/// nn::Convolution.
Value convolution(const Part& part, const Value& x);
/// nn::ConvNorm with its normalisation folded in. `addend` is added before the activation.
Value conv_norm(const Part& part, const Value& x, const Value& addend = {}, int64_t dilation = 1);
/// nn::Mlp.
Value mlp(const Part& part, const Value& x);
/// nn::FeedForward, including the residual connection.
Value feed_forward(const Part& part, const Value& x);

/// Convolution with the same padding on all sides: weight (out, in / groups, k, k), bias (out).
struct ConvolutionShape {
  int64_t stride = 1, padding = 0, dilation = 1, groups = 1;
};
Value convolve(const Value& x, const Value& weight, const Value& bias, const ConvolutionShape& shape);

}  // namespace focus::exporter
