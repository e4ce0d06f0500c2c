#include "export/parts/tokens.h"

#include <cmath>
#include <limits>

#include "export/parts/position.h"

namespace focus::exporter {
namespace {

/// For each of `to` positions, the index among `from` positions that nearest-neighbour resampling takes. Uses
/// the same float32 arithmetic as LibTorch's upsample_nearest2d, whose rounding decides between two equally
/// near positions.
Value nearest(const Value& from, const Value& to) {
  auto& graph = *from.graph;
  const auto place = unary("Floor", float_of(range(to)) * (float_of(from) / float_of(to)));
  return minimum(cast(place, Type::kInt64), from - graph.integers({1}));
}

/// Width and height of the unpadded part of a mask (B, h, w) as fractions: (B, 2).
Value valid_ratio(const Value& mask, const Level& level) {
  const auto valid = float_of(negation(mask));
  const auto height = reduce_sum(select(valid, 2, 0), 1) / float_of(level.height);
  const auto width = reduce_sum(select(valid, 1, 0), 1) / float_of(level.width);
  return stack({width, height}, 1);
}

/// x and y of the centres of a level's tokens: (h * w, 2).
Value centres(const Level& level) {
  const auto along = [&](const Value& count, const Dims& dims) {
    return expand(reshape(float_of(range(count)) + 0.5, dims), {level.height, level.width});
  };
  return reshape(stack({along(level.width, {1, -1}), along(level.height, {-1, 1})}, 2), {-1, 2});
}

/// (B, 2): the unpadded width and height of a level in tokens, as a real number.
Value valid_size(const Tokens& tokens, size_t l) {
  const auto& level = tokens.levels[l];
  return select(tokens.valid_ratios, 1, static_cast<int64_t>(l)) *
         float_of(concat({level.width, level.height}, 0));
}

}  // namespace

Value level_padding(const Value& mask, const Value& map) {
  const auto rows = take(mask, 1, nearest(size(mask, 1), size(map, 2)));
  return take(rows, 2, nearest(size(mask, 2), size(map, 3)));
}

Tokens flatten_levels(const std::vector<Value>& maps, const Value& mask, const Value& level_embeds,
                      const models::TransformerOptions& options) {
  auto& graph = *mask.graph;
  const Graph::Scope scope(graph, "tokens");
  const nn::SineEncoding encoding{options.width, options.position_temperature, options.position_offset};
  Tokens tokens;
  std::vector<Value> features, positions, masks, ratios;
  auto begin = graph.integers({0});
  for (size_t l = 0; l < maps.size(); ++l) {
    const auto& map = maps[l];
    Level level{size(map, 2), size(map, 3), begin, {}};
    level.end = begin = begin + level.height * level.width;
    const auto padding = level_padding(mask, map);
    features.push_back(transpose(reshape(map, {0, options.width, -1}), {0, 2, 1}));
    positions.push_back(sine_positions(padding, encoding) + select(level_embeds, 0, static_cast<int64_t>(l)));
    masks.push_back(reshape(padding, {0, -1}));
    ratios.push_back(valid_ratio(padding, level));
    tokens.levels.push_back(level);
  }
  tokens.features = concat(features, 1);
  tokens.position = concat(positions, 1);
  tokens.padding = concat(masks, 1);
  tokens.valid_ratios = stack(ratios, 1);
  tokens.count = begin;
  return tokens;
}

Value token_reference_points(const Tokens& tokens) {
  const Graph::Scope scope(*tokens.features.graph, "reference_points");
  std::vector<Value> points;
  for (size_t l = 0; l < tokens.levels.size(); ++l) {
    points.push_back(unsqueeze(centres(tokens.levels[l]), 0) / unsqueeze(valid_size(tokens, l), 1));
  }
  return unsqueeze(concat(points, 1), 2) * unsqueeze(tokens.valid_ratios, 1);
}

Proposals token_proposals(const Tokens& tokens) {
  auto& graph = *tokens.features.graph;
  const Graph::Scope scope(graph, "proposals");
  std::vector<Value> boxes;
  for (size_t l = 0; l < tokens.levels.size(); ++l) {
    const auto valid = unary("Round", valid_size(tokens, l));
    const auto centre = unsqueeze(centres(tokens.levels[l]), 0) / unsqueeze(valid, 1);
    const double side = 0.05 * std::pow(2.0, static_cast<double>(l));
    boxes.push_back(concat({centre, centre * 0.0 + side}, 2));
  }
  const auto box = concat(boxes, 1);
  const auto extreme = [&](const char* op) {
    return graph.node(op, {box}, Type::kFloat, {{"axes", std::vector<int64_t>{2}}, {"keepdims", int64_t{1}}});
  };
  const auto inside =
      both(greater(extreme("ReduceMin"), graph.scalar(0.01)), less(extreme("ReduceMax"), graph.scalar(0.99)));
  Proposals proposals;
  proposals.invalid = either(negation(inside), unsqueeze(tokens.padding, 2));
  proposals.logits = where(proposals.invalid, graph.scalar(std::numeric_limits<double>::infinity()),
                           unary("Log", box / (1.0 - box)));
  return proposals;
}

Value output_memory(const Part& transformer, const Value& memory, const Proposals& proposals) {
  const auto usable = where(proposals.invalid, memory.graph->scalar(0), memory);
  return layer_norm(transformer["enc_output_norm"], linear(transformer["enc_output"], usable));
}

}  // namespace focus::exporter
