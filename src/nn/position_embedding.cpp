#include "nn/position_embedding.h"

#include <array>
#include <cmath>
#include <numbers>

namespace focus::nn {
namespace {

constexpr double kScale = 2 * std::numbers::pi;
constexpr double kNormalizeEps = 1e-6;

/// The wavelength of each feature, divided by 2 pi; a sine and a cosine feature share each.
at::Tensor wavelengths(int64_t width, double temperature, const at::TensorOptions& options) {
  const auto pair = at::arange(width, options).div(2, "floor");
  return at::pow(temperature, 2 * pair / static_cast<double>(width));
}

/// (...) -> (..., width): sine of even features and cosine of odd ones.
at::Tensor sine_features(const at::Tensor& phase, const at::Tensor& wavelength) {
  const auto angle = phase.unsqueeze(-1) / wavelength;
  return at::stack({angle.slice(-1, 0, c10::nullopt, 2).sin(), angle.slice(-1, 1, c10::nullopt, 2).cos()}, -1)
      .flatten(-2);
}

}  // namespace

at::Tensor sine_position_embedding(const at::Tensor& mask, int64_t width, double temperature, double offset) {
  const auto valid = mask.logical_not();
  auto y = valid.cumsum(1, at::kFloat);
  auto x = valid.cumsum(2, at::kFloat);
  y = (y + offset) / (y.slice(1, -1) + kNormalizeEps) * kScale;
  x = (x + offset) / (x.slice(2, -1) + kNormalizeEps) * kScale;
  const auto wavelength = wavelengths(width / 2, temperature, y.options());
  return at::cat({sine_features(y, wavelength), sine_features(x, wavelength)}, -1).permute({0, 3, 1, 2});
}

at::Tensor sine_position_embedding(int64_t batch, int64_t height, int64_t width_in_tokens, int64_t width,
                                   const at::Device& device, double temperature, double offset) {
  const auto none = at::TensorOptions().dtype(at::kBool).device(device);
  const auto column = sine_position_embedding(at::zeros({1, height, 1}, none), width, temperature, offset);
  const auto row =
      sine_position_embedding(at::zeros({1, 1, width_in_tokens}, none), width, temperature, offset);
  const std::array<int64_t, 4> shape{batch, height, width_in_tokens, width};
  auto tokens = at::empty(shape, column.options());
  tokens.slice(3, 0, width / 2).copy_(column.permute({0, 2, 3, 1}).slice(3, 0, width / 2));
  tokens.slice(3, width / 2).copy_(row.permute({0, 2, 3, 1}).slice(3, width / 2));
  return tokens.permute({0, 3, 1, 2});
}

at::Tensor sine_box_embedding(const at::Tensor& boxes, int64_t width, double temperature) {
  const auto wavelength = wavelengths(width, temperature, boxes.options());
  const auto yxwh =
      at::stack({boxes.select(-1, 1), boxes.select(-1, 0), boxes.select(-1, 2), boxes.select(-1, 3)}, -1);
  return sine_features(yxwh * kScale, wavelength).flatten(-2);
}

}  // namespace focus::nn
