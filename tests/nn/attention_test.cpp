#include "nn/attention.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "nn/largest.h"
#include "support/deterministic.h"
#include "support/golden.h"

namespace focus::test {
namespace {

/// Fills every parameter from its name and returns them.
std::map<std::string, at::Tensor> fill_from_names(torch::nn::Module& module, const std::string& prefix) {
  at::NoGradGuard no_grad;
  std::map<std::string, at::Tensor> parameters;
  for (const auto& item : module.named_parameters()) {
    item.value().copy_(parameter(prefix + item.key(), item.value().sizes()));
    parameters[item.key()] = item.value().detach();
  }
  return parameters;
}

/// Multi-head attention as its definition reads: head by head, query by query.
at::Tensor attention_by_definition(const std::map<std::string, at::Tensor>& weights, int64_t heads,
                                   const at::Tensor& x, const at::Tensor& position,
                                   const at::Tensor& attention_mask) {
  const int64_t batch = x.size(0), count = x.size(1), width = x.size(2), head_width = width / heads;
  const auto mixed = at::zeros_like(x);
  for (int64_t b = 0; b < batch; ++b) {
    for (int64_t h = 0; h < heads; ++h) {
      const auto project = [&](const at::Tensor& rows, int64_t part) {
        const int64_t first = part * width + h * head_width;
        const auto weight = weights.at("attn.in_proj_weight").slice(0, first, first + head_width);
        const auto bias = weights.at("attn.in_proj_bias").slice(0, first, first + head_width);
        return at::matmul(rows, weight.t()) + bias;
      };
      const auto query = project(x[b] + position[b], 0), key = project(x[b] + position[b], 1);
      const auto value = project(x[b], 2);
      for (int64_t i = 0; i < count; ++i) {
        auto weight = (at::mv(key, query[i]) / std::sqrt(static_cast<double>(head_width))).exp();
        if (attention_mask.defined()) weight = weight.masked_fill(attention_mask[i], 0.0);
        const auto answer = at::mv(value.t(), weight / weight.sum());
        mixed[b][i].slice(0, h * head_width, (h + 1) * head_width).copy_(answer);
      }
    }
  }
  return x + at::matmul(mixed, weights.at("attn.out_proj.weight").t()) + weights.at("attn.out_proj.bias");
}

TEST(SelfAttention, MeetsItsDefinition) {
  at::NoGradGuard no_grad;
  nn::SelfAttention attention(24, 3);
  attention.to(at::kDouble);
  const auto weights = fill_from_names(attention, "test/attention.");
  const auto x = tensor("test/attention/x", {2, 7, 24}).to(at::kDouble);
  const auto position = tensor("test/attention/position", {2, 7, 24}).to(at::kDouble);
  const auto token = at::arange(7, at::kLong);
  const auto distance = (token.unsqueeze(1) - token.unsqueeze(0)).abs();
  const auto attention_mask = distance.ge(2).logical_and(distance.remainder(2).eq(0));  // Never oneself.
  for (const auto& mask : {at::Tensor(), attention_mask}) {
    const auto expected = attention_by_definition(weights, 3, x, position, mask);
    EXPECT_LT(largest(attention.forward(x, position, mask) - expected), 1e-12) << "mask " << mask.defined();
  }
}

TEST(SelfAttention, BlockedTokensHaveNoInfluence) {
  at::NoGradGuard no_grad;
  nn::SelfAttention attention(16, 2);
  fill_from_names(attention, "test/attention.");
  const auto x = tensor("test/attention/x", {1, 5, 16});
  const auto position = tensor("test/attention/position", {1, 5, 16});
  const auto attention_mask = at::zeros({5, 5}, at::kBool);
  attention_mask[0][4].fill_(true);
  const auto before = attention.forward(x, position, attention_mask);
  x[0][4].add_(1);
  const auto change = (attention.forward(x, position, attention_mask) - before).abs().sum(-1)[0];
  EXPECT_EQ(change[0].item<double>(), 0) << "row 0 may not see column 4";
  for (int64_t row = 1; row < 5; ++row) EXPECT_GT(change[row].item<double>(), 0) << row;
}

TEST(Attention, WidthMustBeAMultipleOfTheHeads) {
  const auto message_of = [](const auto& construct) -> std::string {
    try {
      construct();
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  };
  const std::string expected = "width 30 is not a multiple of 4 attention heads";
  EXPECT_EQ(message_of([] { nn::SelfAttention attention(30, 4); }), expected);
  EXPECT_EQ(message_of([] { nn::DeformableAttention attention(30, 4, 1, 1); }), expected);
  EXPECT_NE(message_of([] { nn::SelfAttention attention(30, 0); }), "");
}

nn::Levels levels_of(const std::vector<int64_t>& heights_and_widths) {
  nn::Levels levels;
  levels.spatial_shapes = at::tensor(heights_and_widths, at::kLong).view({-1, 2});
  const auto areas = levels.spatial_shapes.prod(1);
  levels.level_start_index = areas.cumsum(0) - areas;
  return levels;
}

TEST(DeformableAttention, MatchesTheReference) {
  at::NoGradGuard no_grad;
  const Golden golden("units");
  nn::DeformableAttention attention(256, 8, 4, 4);
  fill_from_names(attention, "transformer.encoder.layers.0.attentions.1.");
  const auto levels = levels_of({8, 9, 4, 5, 2, 3, 1, 2});
  const auto query = tensor("unit/msdam/query", {2, 6, 256}),
             position = tensor("unit/msdam/qpos", {2, 6, 256});
  const auto value = tensor("unit/msdam/value", {2, 100, 256});
  const auto padding = at::zeros({2, 100}, at::kBool);
  padding[1].slice(0, 60).fill_(true);

  const auto points = tensor("unit/msdam/ref2", {2, 6, 4, 2}, 0.5, 0.5);
  const auto with_padding = attention.project(value, padding);
  golden.expect_matches("msdam_out2", attention.forward(query, position, with_padding, points, levels), 2e-5);

  const auto boxes = tensor("unit/msdam/ref4", {2, 6, 4, 4}, 0.4, 0.5);
  const auto without_padding = attention.project(value, {});
  golden.expect_matches("msdam_out4", attention.forward(query, position, without_padding, boxes, levels),
                        2e-5);
}

TEST(DeformableAttention, PaddingIsZeroAfterTheProjection) {
  at::NoGradGuard no_grad;
  nn::DeformableAttention attention(16, 4, 1, 2);
  fill_from_names(attention, "test/attention.");
  const auto padding = at::zeros({1, 6}, at::kBool);
  padding[0][2].fill_(true);
  const auto values = attention.project(tensor("test/attention/value", {1, 6, 16}), padding);
  ASSERT_EQ(values.sizes().vec(), (std::vector<int64_t>{1, 6, 4, 4}));
  const auto size = values.abs().sum({2, 3})[0];
  for (int64_t token = 0; token < 6; ++token) EXPECT_EQ(size[token].item<double>() == 0, token == 2) << token;
}

TEST(DeformableAttention, StartsOnRaysWithUniformWeights) {
  at::NoGradGuard no_grad;
  nn::DeformableAttention attention(16, 4, 2, 3);
  const auto parameters = attention.named_parameters();
  EXPECT_EQ(largest(parameters["sampling_offsets.weight"]), 0);
  EXPECT_EQ(largest(parameters["attention_weights.weight"]), 0);
  EXPECT_EQ(largest(parameters["attention_weights.bias"]), 0);
  const auto rays = parameters["sampling_offsets.bias"].view({4, 2, 3, 2});
  const double directions[4][2] = {{1, 0}, {0, 1}, {-1, 0}, {0, -1}};
  for (int64_t head = 0; head < 4; ++head) {
    for (int64_t level = 0; level < 2; ++level) {
      for (int64_t point = 0; point < 3; ++point) {
        for (int64_t axis = 0; axis < 2; ++axis) {
          const double expected = directions[head][axis] * static_cast<double>(point + 1);
          EXPECT_NEAR(rays[head][level][point][axis].item<double>(), expected, 1e-6);
        }
      }
    }
  }
}

}  // namespace
}  // namespace focus::test
