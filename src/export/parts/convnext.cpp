#include "export/parts/backbone.h"
#include "export/parts/patches.h"

namespace focus::exporter {
namespace {

/// models::ConvNeXt::Block of (B, C, H, W).
Value convnext_block(const Part& block, const Value& x) {
  const auto around = transpose(convolution(block["dwconv"], x), {0, 2, 3, 1});
  const auto wide = gelu(linear(block["pwconv1"], layer_norm(block["norm"], around)));
  const auto branch = float_of(linear(block["pwconv2"], wide)) * block.weight("gamma");
  return x + transpose(branch, {0, 3, 1, 2});
}

/// nn::LayerNorm of the channels of (B, C, H, W).
Value norm_of_channels(const Part& norm, const Value& x) {
  return transpose(layer_norm(norm, transpose(x, {0, 2, 3, 1})), {0, 3, 1, 2});
}

}  // namespace

std::vector<Value> convnext_features(const Part& backbone, const models::BackboneOptions& options,
                                     const Value& images) {
  const auto downsamplings = backbone["downsample_layers"], stages = backbone["stages"];
  auto x = images;
  std::vector<Value> features;
  for (int64_t s = 0; s < stages.size(); ++s) {
    const auto first = downsamplings[s][0], second = downsamplings[s][1];
    x = s == 0 ? norm_of_channels(second, patch_convolution(first, x))
               : float_of(patch_convolution(second, norm_of_channels(first, x)));
    for (int64_t b = 0; b < stages[s].size(); ++b) x = convnext_block(stages[s][b], x);
    if (s >= stages.size() - options.features()) {
      features.push_back(norm_of_channels(backbone["norm" + std::to_string(s)], x));
    }
  }
  return features;
}

}  // namespace focus::exporter
