#include "export/parts/image.h"

#include <array>

namespace focus::exporter {
namespace {

Value whole(Graph& graph, int64_t number) { return graph.integers({number}); }

/// a / b rounded down, for integers a >= 0, b > 0. Some runtimes divide int64 in float32, which is one off if
/// the quotient is nearly whole; the remainder corrects that.
Value quotient(const Value& a, const Value& b) {
  const auto near = a / b, rest = a - near * b;
  const auto one_if = [](const Value& condition) { return cast(condition, Type::kInt64); };
  return near + one_if(negation(less(rest, b))) - one_if(less(rest, whole(*a.graph, 0)));
}

/// images::shortest_edge_size in integers; halves are rounded up.
struct OutputSize {
  Value height, width;
};

OutputSize output_size(const Value& height, const Value& width, const images::PreprocessOptions& options) {
  auto& graph = *height.graph;
  const auto one = whole(graph, 1), two = whole(graph, 2);
  const auto short_side = whole(graph, options.short_side), long_side = whole(graph, options.max_side);
  const auto smaller = minimum(height, width), larger = maximum(height, width);
  const auto too_long = greater(larger * short_side, smaller * long_side);
  const auto wanted = where(too_long, long_side, short_side), now = where(too_long, larger, smaller);
  const auto scaled = [&](const Value& side) {
    return maximum(quotient(two * wanted * side + now, two * now), one);
  };
  return {scaled(height), scaled(width)};
}

// As in images::resize_antialiased: coefficients are fixed-point numbers with this many bits.
constexpr int64_t kFixedBits = 22, kHighBits = 11;

/// near / sum in fixed point, halves rounded up, for 0 <= near <= sum. The quotient is computed a few bits at
/// a time. So no number exceeds 32 bits, in which OpenVINO computes int64, for images of up to 25,000 pixels
/// per side. If a runtime divides in float32, each step corrects the excess of the one before.
Value fixed_point_share(const Value& near, const Value& sum) {
  constexpr std::array<int64_t, 3> kSteps{7, 7, 8};
  static_assert(kSteps[0] + kSteps[1] + kSteps[2] == kFixedBits);
  auto& graph = *near.graph;
  const auto dividend = whole(graph, 2) * near, divisor = whole(graph, 2) * sum;
  Value share, rest = dividend;
  for (size_t step = 0; step < kSteps.size(); ++step) {
    const auto factor = whole(graph, int64_t{1} << kSteps[step]);
    rest = rest * factor;
    if (step + 1 == kSteps.size()) rest = rest + sum;
    const auto digits = rest / divisor;
    share = share.defined() ? share * factor + digits : digits;
    if (step + 1 < kSteps.size()) rest = rest - digits * divisor;
  }
  return share;
}

/// (to, from) int64: how much each of `from` pixels contributes to each of `to`, in fixed point. Computed in
/// integers only, so that all runtimes round alike.
Value triangle_weights(const Value& from, const Value& to) {
  auto& graph = *from.graph;
  const auto two = whole(graph, 2), zero = whole(graph, 0);
  const auto centres = [&](const Value& count) { return range(count) * two + whole(graph, 1); };
  const auto offset = unsqueeze(centres(to) * from, 1) - unsqueeze(centres(from) * to, 0);
  const auto distance = maximum(offset, zero - offset);  // OpenCV has no Abs for int64.
  const auto near = maximum(two * maximum(from, to) - distance, zero);
  return fixed_point_share(near, reduce_sum(near, 1, Keep::kAxis));
}

/// The axis to resample: kRows along each row, with the weights on the right of the product; kColumns on the
/// left.
enum class Along { kRows, kColumns };

/// The weighted sums, rounded to 8 bits, as float32. Weights are split into two halves, whose products with
/// up to 32 pixels are integers that float32 holds exactly. The graph's compute type is not used: pixels
/// would lose their last bits.
Value resampled(const Value& pixels, const Value& weights, Along along) {
  auto& graph = *pixels.graph;
  const auto shift = whole(graph, int64_t{1} << kHighBits);
  constexpr double kHalf = int64_t{1} << (kFixedBits - 1), kUnit = 1.0 / (int64_t{1} << kHighBits);
  const auto high = weights / shift;
  const auto product = [&](const Value& half) {
    const auto matrix = float_of(half);
    return along == Along::kRows ? graph.node("MatMul", {pixels, transpose(matrix, {1, 0})}, Type::kFloat)
                                 : graph.node("MatMul", {matrix, pixels}, Type::kFloat);
  };
  const auto carried = unary("Floor", (product(weights - high * shift) + kHalf) * kUnit);
  return minimum(unary("Floor", (product(high) + carried) * kUnit), graph.scalar(255));
}

}  // namespace

Value preprocessed(const Value& image, const images::PreprocessOptions& options) {
  auto& graph = *image.graph;
  const Graph::Scope scope(graph, "preprocess");
  const auto height = size(image, 0), width = size(image, 1);
  const auto to = output_size(height, width, options);
  const auto channels = transpose(float_of(image), {2, 0, 1});
  const auto rows = resampled(channels, triangle_weights(width, to.width), Along::kRows);
  const auto resized = resampled(rows, triangle_weights(height, to.height), Along::kColumns);
  const auto of_channels = [&](const std::vector<double>& numbers) {
    return graph.constant(at::tensor(numbers).to(at::kFloat).view({3, 1, 1}));
  };
  return unsqueeze((resized - of_channels(options.mean)) / of_channels(options.std), 0);
}

Answer best_detections(const Predicted& predicted, const Value& sizes, const std::vector<int64_t>& ids,
                       int64_t max_detections, bool softmax_scores) {
  auto& graph = *predicted.logits.graph;
  const Graph::Scope scope(graph, "postprocess");
  const auto classes = static_cast<int64_t>(ids.size());
  const auto best_of = [&](const Value& scores) {
    return top(scores, minimum(graph.integers({max_detections}), size(scores, 1)));
  };
  Best best;
  Value labels, queries;
  if (softmax_scores) {
    const auto objects = slice(softmax(predicted.logits), 2, 0, classes);
    best = best_of(reduce_max(objects, 2));
    queries = best.indices;
    labels = gather_entries(argmax(objects, 2), queries);
  } else {
    best = best_of(reshape(sigmoid(predicted.logits), {0, -1}));
    const auto count = graph.integers({classes});
    queries = best.indices / count;
    labels = best.indices - queries * count;
  }
  const auto boxes = gather_rows(predicted.boxes, queries);
  const auto centre = slice(boxes, 2, 0, 2), half = slice(boxes, 2, 2, 4) * 0.5;
  const auto limit = unsqueeze(concat({sizes, sizes}, 1), 1);
  const auto corners = maximum(concat({centre - half, centre + half}, 2) * limit, graph.scalar(0));
  return {minimum(corners, limit), best.values, take(graph.integers(ids), 0, labels)};
}

}  // namespace focus::exporter
