#include "models/backbones/window_attention.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/profile.h"

namespace focus::models {
namespace {

/// The row of the bias table for each pair of a window's tokens: rows are ordered by vertical, then
/// horizontal offset.
at::Tensor make_relative_index(int64_t window) {
  const auto place = at::arange(window * window, at::kLong);
  const auto y = at::floor_divide(place, window), x = place.remainder(window);
  const auto down = y.unsqueeze(1) - y.unsqueeze(0) + (window - 1);
  const auto right = x.unsqueeze(1) - x.unsqueeze(0) + (window - 1);
  return down * (2 * window - 1) + right;
}

/// (B, H, W, C) -> (B * windows, window * window, C), windows in raster order.
at::Tensor into_windows(const at::Tensor& x, int64_t window) {
  const int64_t batch = x.size(0), rows = x.size(1) / window, columns = x.size(2) / window, width = x.size(3);
  return x.view({batch, rows, window, columns, window, width})
      .permute({0, 1, 3, 2, 4, 5})
      .reshape({-1, window * window, width});
}

at::Tensor from_windows(const at::Tensor& windows, int64_t window, at::IntArrayRef shape) {
  const int64_t rows = shape[1] / window, columns = shape[2] / window;
  return windows.view({shape[0], rows, columns, window, window, shape[3]})
      .permute({0, 1, 3, 2, 4, 5})
      .reshape(shape);
}

/// Which part of a shifted map each row or column belongs to: those that wrapped around (1) must not attend
/// to the rest (0) of their window.
at::Tensor parts(int64_t size, int64_t shift, const at::Device& device) {
  return at::arange(size, at::TensorOptions(at::kLong).device(device)).ge(size - shift).to(at::kLong);
}

}  // namespace

WindowAttention::WindowAttention(int64_t width, int64_t heads, int64_t window, int64_t shift)
    : heads_(heads), window_(window), shift_(shift) {
  if (width % heads != 0) fail_usage("width {} is not a multiple of {} attention heads", width, heads);
  const int64_t offsets = 2 * window - 1;
  relative_position_bias_table_ = register_parameter("relative_position_bias_table",
                                                     nn::normal_weights({offsets * offsets, heads}, 0.02));
  relative_position_index_ = make_relative_index(window);
  qkv_ = register_module("qkv", std::make_shared<nn::Linear>(width, 3 * width));
  proj_ = register_module("proj", std::make_shared<nn::Linear>(width, width));
}

at::Tensor WindowAttention::shifted_window_mask(int64_t height, int64_t width,
                                                const at::Device& device) const {
  const auto part =
      2 * parts(height, shift_, device).unsqueeze(1) + parts(width, shift_, device).unsqueeze(0);
  const auto windows = into_windows(part.view({1, height, width, 1}), window_).squeeze(-1);
  return windows.unsqueeze(1).ne(windows.unsqueeze(2)).unsqueeze(1);
}

at::Tensor WindowAttention::position_bias() const {
  const int64_t tokens = window_ * window_;
  const auto rows = relative_position_index_.to(relative_position_bias_table_.device()).view(-1);
  return relative_position_bias_table_.index_select(0, rows)
      .view({tokens, tokens, heads_})
      .permute({2, 0, 1});
}

at::Tensor WindowAttention::attend(const at::Tensor& windows, const at::Tensor& attention_mask) const {
  const int64_t count = windows.size(0), tokens = windows.size(1), width = windows.size(2);
  const auto qkv =
      qkv_->forward(windows).view({count, tokens, 3, heads_, width / heads_}).permute({2, 0, 3, 1, 4});
  const double scale = 1 / std::sqrt(static_cast<double>(width / heads_));
  count_macs(2 * count * tokens * tokens * width);  // Scores, and the weighted sum of values.
  auto scores = at::matmul(qkv[0] * scale, qkv[1].transpose(-2, -1)) + position_bias();
  if (attention_mask.defined()) {
    // All images have the same windows, so one mask serves each.
    const int64_t each = attention_mask.size(0);
    scores = scores.view({count / each, each, heads_, tokens, tokens})
                 .masked_fill(attention_mask, -std::numeric_limits<float>::infinity())
                 .view({count, heads_, tokens, tokens});
  }
  const auto mixed = at::matmul(scores.softmax(-1), qkv[2]).transpose(1, 2).reshape({count, tokens, width});
  return proj_->forward(mixed);
}

at::Tensor WindowAttention::forward(const at::Tensor& x) const {
  const int64_t height = x.size(1), width = x.size(2);
  const auto missing = [&](int64_t size) { return (window_ - size % window_) % window_; };
  auto padded = at::constant_pad_nd(x, {0, 0, 0, missing(width), 0, missing(height)}).contiguous();
  at::Tensor attention_mask;
  if (shift_ > 0) {
    padded = padded.roll({-shift_, -shift_}, {1, 2});
    attention_mask = shifted_window_mask(padded.size(1), padded.size(2), x.device());
  }
  auto y = from_windows(attend(into_windows(padded, window_), attention_mask), window_, padded.sizes());
  if (shift_ > 0) y = y.roll({shift_, shift_}, {1, 2});
  return y.slice(1, 0, height).slice(2, 0, width);
}

}  // namespace focus::models
