#include "export/parts/token_selection.h"

#include <algorithm>

namespace focus::exporter {

Value token_scores(const Part& scorer, const Value& x) {
  const auto first = scorer["layer1"], rest = scorer["layer2"];
  const auto z = gelu(linear(first["1"], layer_norm(first["0"], x)));
  const int64_t width = first["1"].tensor("weight").size(0);
  const auto local = slice(z, 2, 0, width / 2);
  const auto global = reduce_mean(slice_from(z, 2, width / 2), 1, Keep::kAxis);
  const auto everywhere = expand(global, {1, size(z, 1), 1});
  auto y = concat({local, everywhere}, 2);
  for (const char* hidden : {"0", "2"}) y = gelu(linear(rest[hidden], y));
  return float_of(linear(rest["4"], y));
}

Value top_down_scores(const Part& scorer, const Value& memory, const Tokens& tokens,
                      const at::Tensor& alpha) {
  auto& graph = *memory.graph;
  const auto batch = size(memory, 0);
  const auto levels = static_cast<int64_t>(tokens.levels.size());
  std::vector<Value> scores(tokens.levels.size());
  Value coarser;  // (B, 1, h, w)
  for (int64_t l = levels - 1; l >= 0; --l) {
    const auto& shape = tokens.levels[static_cast<size_t>(l)];
    auto level = slice(memory, 1, shape.begin, shape.end);
    if (coarser.defined() && alpha.defined()) {
      const auto sizes = concat({batch, graph.integers({1}), shape.height, shape.width}, 0);
      const auto upsampled = graph.node("Resize", {coarser, Value{}, Value{}, sizes}, Type::kFloat,
                                        {{"mode", std::string("linear")},
                                         {"coordinate_transformation_mode", std::string("align_corners")}});
      const int64_t strength = levels - 2 - l;
      const auto learned = graph.weight(fmt::format("transformer.alpha[{}]", strength), alpha[strength]);
      level = level + level * reshape(upsampled, {0, -1, 1}) * learned;
    }
    const auto score = token_scores(scorer, level);
    coarser = reshape(score, {batch, 1, shape.height, shape.width});
    scores[static_cast<size_t>(l)] = squeeze(score, 2);
  }
  return concat(scores, 1);
}

Selection select_tokens(const Value& logits, const Tokens& tokens, double keep_ratio,
                        const std::vector<double>& cascade) {
  auto& graph = *logits.graph;
  const Graph::Scope scope(graph, "selection");
  Selection selection;
  selection.score = where(tokens.padding, least(logits), logits);
  // Compute counts in float32, as the model does: otherwise they may differ by one.
  const auto valid = float_of(reduce_sum(cast(negation(tokens.padding), Type::kInt64), 1));
  const auto foreground = cast(valid * keep_ratio, Type::kInt64) + 1.0;  // B
  const auto largest = float_of(most(foreground));
  const auto count_of = [&](double share) {
    const auto count = reshape(cast(largest * share, Type::kInt64), {1});
    return minimum(maximum(count, graph.integers({1})), tokens.count);
  };
  const auto order =
      top(selection.score, count_of(*std::max_element(cascade.begin(), cascade.end()))).indices;
  for (const double share : cascade) {
    const auto count = count_of(share);
    selection.kept.push_back(
        {slice(order, 1, 0, count), less(unsqueeze(range(count), 0), unsqueeze(foreground, 1))});
  }
  return selection;
}

}  // namespace focus::exporter
