#include "export/parts/attention.h"

#include <cmath>
#include <limits>

namespace focus::exporter {

Value block_scores(const Value& scores, const Value& attention_mask) {
  if (!attention_mask.defined()) return scores;
  return where(attention_mask, scores.graph->scalar(-std::numeric_limits<double>::infinity()),
               float_of(scores));
}

Value cross_attention(const Part& part, int64_t heads, const Value& x, const Value& position,
                      const Value& memory, const Value& memory_position, const Value& attention_mask) {
  const auto attn = part["attn"];
  const int64_t width = attn.tensor("in_proj_weight").size(1), head_width = width / heads;
  const Graph::Scope scope(part.graph(), part.name());
  const auto projected = [&](const Value& y, int64_t index) {
    return reshape(linear_rows(attn, "in_proj_weight", "in_proj_bias", index * width, (index + 1) * width, y),
                   {0, 0, heads, head_width});
  };
  const double scale = 1 / std::sqrt(static_cast<double>(head_width));
  const auto query = transpose(projected(x + position, 0) * scale, {0, 2, 1, 3});
  const auto key = transpose(projected(memory + memory_position, 1), {0, 2, 3, 1});
  const auto value = transpose(projected(memory, 2), {0, 2, 1, 3});
  const auto mixed = matmul(softmax(block_scores(matmul(query, key), attention_mask)), value);
  const auto flat = reshape(transpose(mixed, {0, 2, 1, 3}), {0, 0, width});
  return float_of(linear(attn["out_proj"], flat)) + x;
}

Value self_attention(const Part& part, int64_t heads, const Value& x, const Value& position,
                     const Value& attention_mask) {
  return cross_attention(part, heads, x, position, x, position, attention_mask);
}

}  // namespace focus::exporter
