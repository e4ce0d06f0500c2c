// Self-attention within windows of a feature map, plain or shifted by half a window (Swin Transformer,
// section 3.2).
#pragma once

#include <torch/nn/module.h>

#include <memory>

#include "nn/layers.h"

namespace focus::models {

class WindowAttention : public torch::nn::Module {
 public:
  /// @param window side of a window in tokens
  /// @param shift  how far the windows are moved up and left: 0, or half a window
  WindowAttention(int64_t width, int64_t heads, int64_t window, int64_t shift);

  /// Tokens attend to those of their window. Maps whose size is not a multiple of the window's are padded
  /// with zeros, which are attended to as in the authors' detectors.
  /// @param x (B, H, W, width), normalised
  /// @return the same shape
  at::Tensor forward(const at::Tensor& x) const;

  int64_t heads() const { return heads_; }
  int64_t window() const { return window_; }
  int64_t shift() const { return shift_; }

  /// The relative position bias, added to the score of each pair of tokens: (heads, tokens, tokens).
  at::Tensor position_bias() const;

 private:
  /// Attention within each window: (windows, tokens, width) -> the same.
  at::Tensor attend(const at::Tensor& windows, const at::Tensor& attention_mask) const;

  /// (windows of an image, 1, tokens, tokens), true where two tokens of a shifted window must not attend to
  /// each other, because one of them wrapped around.
  at::Tensor shifted_window_mask(int64_t height, int64_t width, const at::Device& device) const;

  int64_t heads_, window_, shift_;
  std::shared_ptr<nn::Linear> qkv_, proj_;
  at::Tensor relative_position_bias_table_;  ///< ((2 window - 1)^2, heads)
  at::Tensor relative_position_index_;       ///< (tokens, tokens): rows of the table
};

}  // namespace focus::models
