#include <cmath>

#include "export/parts/attention.h"
#include "export/parts/backbone.h"
#include "export/parts/patches.h"
#include "models/backbones/window_attention.h"

namespace focus::exporter {
namespace {

/// (B, H, W, C), padded with zeros at the end until H and W are multiples.
Value pad_to(const Value& x, int64_t multiple) {
  return pad_end(x, 4, {{1, missing_to(size(x, 1), multiple)}, {2, missing_to(size(x, 2), multiple)}});
}

/// Rotates an axis: entry `by` comes first, those before it last.
Value roll(const Value& x, int64_t axis, const Dim& by) {
  return concat({slice_from(x, axis, by), slice(x, axis, 0, by)}, axis);
}

/// Windows of maps (B, H, W, C) whose sides are multiples of a window's.
struct Windows {
  Value rows, columns;  ///< (1) int64: number of windows along each axis.
  int64_t side = 0;

  /// (B, H, W, C) -> (B * windows, side * side, C)
  Value into(const Value& x, int64_t width) const {
    const auto split = reshape(x, {-1, rows, side, columns, side, width});
    return reshape(transpose(split, {0, 1, 3, 2, 4, 5}), {-1, side * side, width});
  }
  Value from(const Value& windows, int64_t width) const {
    const auto split = reshape(windows, {-1, rows, columns, side, side, width});
    return reshape(transpose(split, {0, 1, 3, 2, 4, 5}),
                   {-1, rows * side_value(), columns * side_value(), width});
  }
  Value side_value() const { return rows.graph->integers({side}); }
};

/// models::WindowAttention::shifted_window_mask: (windows of an image, 1, tokens, tokens) bool.
Value shifted_window_mask(const Value& padded, const Windows& windows, int64_t shift) {
  auto& graph = *padded.graph;
  const auto part = [&](int64_t axis) {  // 1 after the seam.
    const auto length = size(padded, axis);
    const auto seam = length - graph.integers({shift + 1});
    return cast(greater(range(length), seam), Type::kInt64);
  };
  const auto parts = unsqueeze(part(1), 1) * 2.0 + unsqueeze(part(2), 0);
  const auto of_tokens = windows.into(unsqueeze(unsqueeze(parts, 0), 3), 1);  // windows, tokens, 1
  const auto same = graph.node("Equal", {of_tokens, transpose(of_tokens, {0, 2, 1})}, Type::kBool);
  return unsqueeze(negation(same), 1);
}

/// models::WindowAttention::attend
Value attend(const Part& part, const Value& windows, const Value& attention_mask) {
  auto& graph = part.graph();
  const auto& module = part.as<models::WindowAttention>();
  const int64_t heads = module.heads(), tokens = module.window() * module.window();
  const int64_t width = part["proj"].tensor("weight").size(0), head_width = width / heads;
  const auto qkv = reshape(linear(part["qkv"], windows), {0, 0, 3, heads, head_width});
  const auto take_part = [&](int64_t index, const std::vector<int64_t>& order) {
    return transpose(select(qkv, 2, index), order);
  };
  const auto query = take_part(0, {0, 2, 1, 3}) * (1 / std::sqrt(static_cast<double>(head_width)));
  const auto bias = graph.weight(part.full_name("position_bias"), module.position_bias().detach());
  auto scores = float_of(matmul(query, take_part(1, {0, 2, 3, 1}))) + bias;
  if (attention_mask.defined()) {
    // The batch holds the windows of all images; the mask is the same for each image.
    scores = reshape(
        block_scores(reshape(scores, {-1, size(attention_mask, 0), heads, tokens, tokens}), attention_mask),
        {-1, heads, tokens, tokens});
  }
  const auto mixed = matmul(softmax(scores), take_part(2, {0, 2, 1, 3}));
  return linear(part["proj"], reshape(transpose(mixed, {0, 2, 1, 3}), {0, 0, width}));
}

/// models::WindowAttention::forward of (B, H, W, width).
Value window_attention(const Part& part, const Value& x) {
  const Graph::Scope scope(part.graph(), part.name());
  const auto& module = part.as<models::WindowAttention>();
  const int64_t width = part["proj"].tensor("weight").size(0), shift = module.shift();
  auto padded = pad_to(x, module.window());
  const auto side = part.graph().integers({module.window()});
  const Windows windows{size(padded, 1) / side, size(padded, 2) / side, module.window()};
  Value attention_mask;
  if (shift > 0) {
    attention_mask = shifted_window_mask(padded, windows, shift);
    padded = roll(roll(padded, 1, shift), 2, shift);
  }
  auto y = windows.from(attend(part, windows.into(padded, width), attention_mask), width);
  if (shift > 0) y = roll(roll(y, 1, -shift), 2, -shift);
  return slice(slice(y, 1, 0, size(x, 1)), 2, 0, size(x, 2));
}

/// models::SwinTransformer::Block
Value swin_block(const Part& block, const Value& x) {
  const auto y = x + float_of(window_attention(block["attn"], layer_norm(block["norm1"], x)));
  const auto mlp = block["mlp"];
  return y + float_of(linear(mlp["fc2"], gelu(linear(mlp["fc1"], layer_norm(block["norm2"], y)))));
}

/// models::SwinTransformer::PatchMerging
Value merge_patches(const Part& part, const Value& x) {
  const auto even = pad_to(x, 2);
  const auto every = [&](int64_t row, int64_t column) {
    return slice_from(slice_from(even, 1, row, 2), 2, column, 2);
  };
  const auto four = concat({every(0, 0), every(1, 0), every(0, 1), every(1, 1)}, 3);
  return float_of(linear(part["reduction"], layer_norm(part["norm"], four)));
}

/// models::SwinTransformer::PatchEmbedding
Value embed_patches(const Part& part, const Value& images) {
  return layer_norm(part["norm"], transpose(patch_convolution(part["proj"], images), {0, 2, 3, 1}));
}

}  // namespace

std::vector<Value> swin_features(const Part& backbone, const models::BackboneOptions& options,
                                 const Value& images) {
  const auto stages = backbone["layers"];
  auto x = embed_patches(backbone["patch_embed"], images);
  std::vector<Value> features;
  for (int64_t s = 0; s < stages.size(); ++s) {
    const auto blocks = stages[s]["blocks"];
    for (int64_t b = 0; b < blocks.size(); ++b) x = swin_block(blocks[b], x);
    if (s >= stages.size() - options.features()) {
      features.push_back(transpose(layer_norm(backbone["norm" + std::to_string(s)], x), {0, 3, 1, 2}));
    }
    if (s + 1 < stages.size()) x = merge_patches(stages[s]["downsample"], x);
  }
  return features;
}

}  // namespace focus::exporter
