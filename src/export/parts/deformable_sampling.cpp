#include "export/parts/deformable_sampling.h"

namespace focus::exporter {
namespace {

/// One level as seen by the heads: each head of an image is an entry of the batch.
struct HeadLevel {
  Value tokens;     ///< (B * heads, width of a head, h * w)
  Value locations;  ///< (B * heads, Q, points, 2)
  Value height, width;
};

/// (B * heads, width of a head, Q, points)
Value by_grid_sample(const HeadLevel& level, int64_t head_width) {
  const auto map = reshape(level.tokens, {-1, head_width, level.height, level.width});
  // GridSample takes coordinates from -1 to 1.
  return map.graph->node("GridSample", {map, level.locations * 2.0 - 1.0}, Type::kFloat,
                         {{"mode", std::string("bilinear")},
                          {"padding_mode", std::string("zeros")},
                          {"align_corners", int64_t{0}}});
}

/// The same by gathering the four tokens around each location.
Value by_gather(const HeadLevel& level, int64_t head_width, int64_t points) {
  auto& graph = *level.tokens.graph;
  const auto tokens = transpose(level.tokens, {0, 2, 1});  // B * heads, h * w, width of a head
  const auto width = float_of(level.width), height = float_of(level.height);
  const auto x = squeeze(slice(level.locations, 3, 0, 1), 3) * width - 0.5;
  const auto y = squeeze(slice(level.locations, 3, 1, 2), 3) * height - 0.5;
  const auto left = unary("Floor", x), top_row = unary("Floor", y);
  const auto zero = graph.scalar(0);
  const auto right_share = x - left, bottom_share = y - top_row;
  Value sum;
  for (const int dx : {0, 1}) {
    for (const int dy : {0, 1}) {
      const auto column = left + dx, row = top_row + dy;
      const auto last_column = width - 1.0, last_row = height - 1.0;
      const auto near_column = minimum(maximum(column, zero), last_column);
      const auto near_row = minimum(maximum(row, zero), last_row);
      const auto inside = both(graph.node("Equal", {near_column, column}, Type::kBool),
                               graph.node("Equal", {near_row, row}, Type::kBool));
      const auto share =
          (dx == 1 ? right_share : 1.0 - right_share) * (dy == 1 ? bottom_share : 1.0 - bottom_share);
      // A token's index may need more than float32's 24 bits.
      const auto index = cast(near_row, Type::kInt64) * level.width + cast(near_column, Type::kInt64);
      const auto taken = gather_rows(tokens, reshape(index, {0, -1}));  // B * heads, Q * points, width
      const auto weighted = taken * reshape(where(inside, share, zero), {0, -1, 1});
      sum = sum.defined() ? sum + weighted : weighted;
    }
  }
  // Split queries and points, then reorder to the layout of GridSample's output.
  return transpose(reshape(sum, {0, -1, points, head_width}), {0, 3, 1, 2});
}

Value by_own_operator(const Sampling& sampling, const DeformableShape& shape,
                      const std::vector<Level>& levels) {
  std::vector<Value> shapes, starts;
  for (const auto& level : levels) {
    shapes.push_back(concat({level.height, level.width}, 0));
    starts.push_back(level.begin);
  }
  auto& graph = *sampling.values.graph;
  return graph.node("MultiScaleDeformableAttention",
                    {reshape(sampling.values, {0, 0, shape.heads, sampling.width / shape.heads}),
                     stack(shapes, 0), concat(starts, 0), sampling.locations,
                     reshape(sampling.weights, {0, 0, shape.heads, shape.levels, shape.points})},
                    Type::kFloat,
                    {{"heads", shape.heads}, {"levels", shape.levels}, {"points", shape.points}}, kOwnDomain);
}

}  // namespace

Value sample_levels(const Sampling& sampling, const DeformableShape& shape,
                    const std::vector<Level>& levels) {
  const auto way = sampling.values.graph->choices().deformable;
  if (way == GraphChoices::Deformable::kCustom) return by_own_operator(sampling, shape, levels);
  const int64_t head_width = sampling.width / shape.heads;
  const auto by_channel = transpose(sampling.values, {0, 2, 1});  // B, width, S
  const auto queries = size(sampling.locations, 1);
  const auto weights =
      reshape(transpose(sampling.weights, {0, 2, 1, 3}), {-1, 1, queries, shape.levels * shape.points});
  Value sum;
  for (int64_t l = 0; l < shape.levels; ++l) {
    const auto& level = levels[static_cast<size_t>(l)];
    HeadLevel seen;
    // Heads join the batch: (B, heads * w, n) -> (B * heads, w, n). The area is computed, as the -1 is used
    // for the batch.
    seen.tokens =
        reshape(slice(by_channel, 2, level.begin, level.end), {-1, head_width, level.height * level.width});
    seen.locations = reshape(transpose(squeeze(slice(sampling.locations, 3, l, l + 1), 3), {0, 2, 1, 3, 4}),
                             {-1, queries, shape.points, 2});
    seen.height = level.height;
    seen.width = level.width;
    const auto samples = way == GraphChoices::Deformable::kGather ? by_gather(seen, head_width, shape.points)
                                                                  : by_grid_sample(seen, head_width);
    const auto share = slice(weights, 3, l * shape.points, (l + 1) * shape.points);
    const auto found = reduce_sum(samples * share, 3);  // B * heads, width of a head, Q
    sum = sum.defined() ? sum + found : found;
  }
  return transpose(reshape(sum, {size(sampling.values, 0), sampling.width, queries}), {0, 2, 1});
}

}  // namespace focus::exporter
