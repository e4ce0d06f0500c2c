// Random calls of multi-scale deformable attention for its tests.
#pragma once

#include <ATen/ATen.h>

#include <algorithm>
#include <string>
#include <vector>

#include "ops/relative_error.h"
#include "support/deterministic.h"

namespace focus::test {

struct MsDeformAttnInputs {
  at::Tensor value, spatial_shapes, level_start_index, sampling_locations, attention_weights, grad_output;
};

struct MsDeformAttnCase {
  int64_t batch = 2, queries = 5, heads = 2, channels = 4, points = 3;
  std::vector<std::vector<int64_t>> levels{{6, 7}, {3, 4}, {2, 2}, {1, 1}};
  at::ScalarType type = at::kFloat;
};

/// Inputs for a case; some sampling locations are outside 0..1.
inline MsDeformAttnInputs make_inputs(const MsDeformAttnCase& c, const std::string& name = "msda") {
  const auto levels = static_cast<int64_t>(c.levels.size());
  auto shapes = at::empty({levels, 2}, at::kLong);
  auto starts = at::empty({levels}, at::kLong);
  int64_t tokens = 0;
  for (int64_t l = 0; l < levels; ++l) {
    const auto& level = c.levels[static_cast<size_t>(l)];
    shapes[l][0] = level[0];
    shapes[l][1] = level[1];
    starts[l] = tokens;
    tokens += level[0] * level[1];
  }
  const std::vector<int64_t> sampled{c.batch, c.queries, c.heads, levels, c.points};
  auto located = sampled;
  located.push_back(2);
  const auto make = [&](const char* part, at::IntArrayRef shape, double scale, double offset) {
    return tensor(name + "/" + part, shape, scale, offset).to(c.type);
  };
  return {make("value", {c.batch, tokens, c.heads, c.channels}, 1, 0),
          shapes,
          starts,
          make("locations", located, 0.7, 0.5),
          make("weights", sampled, 0.5, 0.5),
          make("grad", {c.batch, c.queries, c.heads * c.channels}, 1, 0)};
}

}  // namespace focus::test
