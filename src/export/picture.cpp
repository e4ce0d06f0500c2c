#include "export/picture.h"

namespace focus::exporter {
namespace {

/// data::shortest_edge_size in whole numbers: half is rounded up.
struct OutputSize {
  Value height, width;
};

OutputSize output_size(const Value& height, const Value& width, const data::PreprocessOptions& options) {
  auto& graph = *height.graph;
  const auto one = graph.integers({1}), two = graph.integers({2});
  const auto short_side = graph.integers({options.short_side}), long_side = graph.integers({options.max_side});
  const auto smaller = minimum(height, width), larger = maximum(height, width);
  const auto too_long = greater(larger * short_side, smaller * long_side);
  const auto wanted = where(too_long, long_side, short_side), now = where(too_long, larger, smaller);
  const auto scaled = [&](const Value& side) { return maximum((two * wanted * side + now) / (two * now), one); };
  return {scaled(height), scaled(width)};
}

/// (to, from): how much each of `from` pixels contributes to each of `to`. Distances are whole numbers until the
/// last step, so that they are exact, and weights are rounded as data::resize_antialiased rounds them.
Value triangle_weights(const Value& from, const Value& to) {
  auto& graph = *from.graph;
  constexpr double kFixed = 1 << 22;
  const auto centres = [&](const Value& count) { return range(count) * graph.integers({2}) + graph.integers({1}); };
  const auto distance = unary("Abs", unsqueeze(centres(to) * from, 1) - unsqueeze(centres(from) * to, 0));
  const auto radius = graph.integers({2}) * maximum(from, to);
  const auto weight = maximum(1.0 - float_of(distance) / float_of(radius), graph.scalar(0));
  return unary("Floor", weight / reduce_sum(weight, 1, Keep::kAxis) * kFixed + 0.5) / kFixed;
}

/// Rounds to 8 bits.
Value to_pixels(const Value& x) {
  auto& graph = *x.graph;
  return graph.node("Clip", {unary("Floor", x + 0.5), graph.scalar(0), graph.scalar(255)}, Type::kFloat);
}

/// Not in the graph's heavy type: pixels would lose their last bits.
Value exact_product(const Value& a, const Value& b) { return a.graph->node("MatMul", {a, b}, Type::kFloat); }

}  // namespace

Value preprocessed(const Value& picture, const data::PreprocessOptions& options) {
  auto& graph = *picture.graph;
  const Graph::Scope scope(graph, "preprocess");
  const auto height = size(picture, 0), width = size(picture, 1);
  const auto to = output_size(height, width, options);
  const auto channels = transpose(float_of(picture), {2, 0, 1});
  const auto along_rows = to_pixels(exact_product(channels, transpose(triangle_weights(width, to.width), {1, 0})));
  const auto resized = to_pixels(exact_product(triangle_weights(height, to.height), along_rows));
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
