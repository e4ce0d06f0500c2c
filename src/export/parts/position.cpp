#include "export/parts/position.h"

#include <cmath>
#include <numbers>

namespace focus::exporter {
namespace {

constexpr double kTurn = 2 * std::numbers::pi;
constexpr double kNormalizeEps = 1e-6;  // As in nn.

/// (a, b, c, 1) -> (a, b, c, width), reshaped to `shape`: for each wavelength its sine, then its cosine.
Value sines(const Value& phase, int64_t width, double temperature, const Dims& shape) {
  // A wavelength serves two features.
  const auto pair = at::arange(width / 2, at::kFloat);
  const auto wavelength = at::pow(temperature, 2 * pair / static_cast<double>(width));
  const auto angle = phase / phase.graph->constant(wavelength);
  return reshape(stack({unary("Sin", angle), unary("Cos", angle)}, 4), shape);
}

/// The position of each token along an axis, as an angle: a full turn is the length of the unpadded axis.
Value turns(const Value& valid, int64_t axis, double offset) {
  auto& graph = *valid.graph;
  const auto counts =
      graph.node("CumSum", {valid, graph.scalar(static_cast<double>(axis), Type::kInt64)}, Type::kFloat);
  return (counts + offset) / (slice_from(counts, axis, -1) + kNormalizeEps) * kTurn;
}

}  // namespace

Value sine_positions(const Value& mask, const nn::SineEncoding& encoding) {
  const auto valid = float_of(negation(mask));
  const auto encode = [&](int64_t axis) {
    return sines(unsqueeze(turns(valid, axis, encoding.offset), 3), encoding.width / 2, encoding.temperature,
                 {0, 0, 0, encoding.width / 2});
  };
  return reshape(concat({encode(1), encode(2)}, 3), {0, -1, encoding.width});
}

Value sine_boxes(const Value& boxes, int64_t width, BoxOrder order) {
  constexpr double kTemperature = 10000;
  auto& graph = *boxes.graph;
  const auto ordered = order == BoxOrder::kXFirst ? boxes : take(boxes, 2, graph.integers({1, 0, 2, 3}));
  return sines(unsqueeze(ordered * kTurn, 3), width, kTemperature, {0, 0, 4 * width});
}

Value inverse_sigmoid(const Value& x, double eps) {
  auto& graph = *x.graph;
  const auto clamped = graph.node("Clip", {x, graph.scalar(0), graph.scalar(1)}, Type::kFloat);
  const auto least_share = graph.scalar(eps);
  return unary("Log", maximum(clamped, least_share) / maximum(1.0 - clamped, least_share));
}

}  // namespace focus::exporter
