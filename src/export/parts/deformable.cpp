#include "export/parts/deformable.h"

#include "export/parts/deformable_sampling.h"

namespace focus::exporter {
namespace {

/// The sampling locations of the queries: (B, Q, heads, L, points, 2), x and y as fractions of a level.
Value sampling_locations(const Part& part, const DeformableShape& shape, const Value& placed,
                         const Value& reference_points, bool boxes, const std::vector<Level>& levels) {
  const auto offsets = reshape(float_of(linear(part["sampling_offsets"], placed)),
                               {0, 0, shape.heads, shape.levels, shape.points, 2});
  const auto reference = unsqueeze(unsqueeze(reference_points, 2), 4);  // B, Q, 1, L, 1, 2 or 4
  if (boxes) {
    const auto centre = slice(reference, 5, 0, 2), box = slice(reference, 5, 2, 4);
    return centre + offsets / static_cast<double>(shape.points) * box * 0.5;
  }
  std::vector<Value> sides;
  for (const auto& level : levels) sides.push_back(concat({level.width, level.height}, 0));
  return reference + offsets / reshape(float_of(stack(sides, 0)), {1, 1, 1, shape.levels, 1, 2});
}

}  // namespace

Value deformable_attention(const Part& part, const DeformableShape& shape, const Value& query,
                           const Value& position, const Value& memory, const Value& padding,
                           const Value& reference_points, bool boxes, const std::vector<Level>& levels) {
  auto& graph = part.graph();
  const Graph::Scope scope(graph, part.name());
  const auto values =
      where(unsqueeze(padding, 2), graph.scalar(0), float_of(linear(part["value_proj"], memory)));
  const auto placed = query + position;
  const auto locations = sampling_locations(part, shape, placed, reference_points, boxes, levels);
  const auto weights = softmax(
      reshape(linear(part["attention_weights"], placed), {0, 0, shape.heads, shape.levels * shape.points}));
  const int64_t width = part["value_proj"].tensor("weight").size(0);
  const auto found = sample_levels({values, locations, weights, width}, shape, levels);
  return float_of(linear(part["output_proj"], found)) + query;
}

}  // namespace focus::exporter
