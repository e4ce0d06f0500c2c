#include "models/tokens.h"

#include <cmath>
#include <limits>

#include "models/token_geometry.h"
#include "nn/device.h"

namespace focus::models {
namespace {

/// Unpadded share of a level's width and height for each image, from its mask (B, h, w): (B, 2).
at::Tensor valid_ratio(const at::Tensor& mask) {
  const auto valid = mask.logical_not();
  const auto height = valid.select(2, 0).sum(1).to(at::kFloat) / static_cast<double>(mask.size(1));
  const auto width = valid.select(1, 0).sum(1).to(at::kFloat) / static_cast<double>(mask.size(2));
  return at::stack({width, height}, -1);
}

/// x and y of a level's tokens, row-major, starting at `first`: (h * w, 2).
at::Tensor token_grid(const nn::ImageSize& shape, double first, const at::TensorOptions& options) {
  const auto y = at::arange(shape.height, options) + first;
  const auto x = at::arange(shape.width, options) + first;
  return at::stack({x.view({1, -1}).expand({shape.height, shape.width}),
                    y.view({-1, 1}).expand({shape.height, shape.width})},
                   -1)
      .reshape({-1, 2});
}

/// (2)
at::Tensor width_and_height(const nn::ImageSize& shape, const at::TensorOptions& options) {
  return nn::numbers_on_device({static_cast<double>(shape.width), static_cast<double>(shape.height)},
                               options);
}

}  // namespace

at::Tensor level_padding_mask(const at::Tensor& mask, int64_t height, int64_t width) {
  return at::upsample_nearest2d(mask.unsqueeze(0).to(at::kFloat), {height, width}).squeeze(0).to(at::kBool);
}

at::Tensor flatten_features(const std::vector<at::Tensor>& features) {
  std::vector<at::Tensor> flat;
  for (const auto& level : features) flat.push_back(level.flatten(2).transpose(1, 2));
  return at::cat(flat, 1);
}

Tokens flatten_levels(const std::vector<at::Tensor>& features, const std::vector<at::Tensor>& positions,
                      const std::vector<at::Tensor>& masks, const at::Tensor& level_embeds) {
  Tokens tokens;
  std::vector<at::Tensor> flat_positions, flat_masks, ratios;
  std::vector<int64_t> sizes;
  int64_t start = 0;
  for (size_t l = 0; l < features.size(); ++l) {
    const nn::ImageSize shape{features[l].size(2), features[l].size(3)};
    tokens.shapes.push_back(shape);
    tokens.starts.push_back(start);
    start += shape.height * shape.width;
    sizes.insert(sizes.end(), {shape.height, shape.width});
    flat_positions.push_back(positions[l].flatten(2).transpose(1, 2) + level_embeds[static_cast<int64_t>(l)]);
    flat_masks.push_back(masks[l].flatten(1));
    ratios.push_back(valid_ratio(masks[l]));
  }
  tokens.features = flatten_features(features);
  tokens.position = at::cat(flat_positions, 1);
  tokens.padding_mask = at::cat(flat_masks, 1);
  tokens.valid_ratios = at::stack(ratios, 1);
  tokens.levels.spatial_shapes = at::tensor(sizes, at::kLong).view({-1, 2});
  tokens.levels.level_start_index = at::tensor(tokens.starts, at::kLong);
  return tokens;
}

at::Tensor token_reference_points(const Tokens& tokens) {
  if (tokens.geometry) return tokens.geometry->reference_points;
  std::vector<at::Tensor> centres;
  for (size_t l = 0; l < tokens.shapes.size(); ++l) {
    const auto& shape = tokens.shapes[l];
    const auto ratio = tokens.valid_ratios.select(1, static_cast<int64_t>(l));
    const auto size = width_and_height(shape, ratio.options());
    centres.push_back(token_grid(shape, 0.5, ratio.options()).unsqueeze(0) / (ratio * size).unsqueeze(1));
  }
  return at::cat(centres, 1).unsqueeze(2) * tokens.valid_ratios.unsqueeze(1);
}

TokenProposals token_proposals(const Tokens& tokens) {
  if (tokens.geometry) return tokens.geometry->proposals;
  std::vector<at::Tensor> boxes;
  for (size_t l = 0; l < tokens.shapes.size(); ++l) {
    const auto& shape = tokens.shapes[l];
    const auto ratio = tokens.valid_ratios.select(1, static_cast<int64_t>(l));
    // Rounded, because the ratio times the size is not exactly the number of valid tokens.
    const auto size = width_and_height(shape, ratio.options());
    const auto valid = (ratio * size).round().unsqueeze(1);
    const auto centre = token_grid(shape, 0.5, ratio.options()).unsqueeze(0) / valid;
    boxes.push_back(
        at::cat({centre, at::full_like(centre, 0.05 * std::pow(2.0, static_cast<double>(l)))}, -1));
  }
  const auto box = at::cat(boxes, 1);
  TokenProposals proposals;
  const auto inside = box.gt(0.01).logical_and(box.lt(0.99)).all(-1);
  proposals.invalid = inside.logical_not().logical_or(tokens.padding_mask);
  // Without the bounds, logarithms of masked tokens could be NaN, which would hide NaNs that a fault causes.
  const auto bounded = box.clamp(0.01, 0.99);
  proposals.logits =
      at::log(bounded / (1 - bounded))
          .masked_fill(proposals.invalid.unsqueeze(-1), std::numeric_limits<float>::infinity());
  return proposals;
}

}  // namespace focus::models
