#include "export/parts/backbone.h"

namespace focus::exporter {
namespace {

/// models::ResNet::Block
Value residual_block(const Part& block, const Value& x, bool dilated) {
  const auto residual = block.has("shortcut") ? conv_norm(block["shortcut"], x) : x;
  const auto first = conv_norm(block["conv1"], x);
  if (!block.has("conv3")) return conv_norm(block["conv2"], first, residual);
  return conv_norm(block["conv3"], conv_norm(block["conv2"], first, {}, dilated ? 2 : 1), residual);
}

}  // namespace

std::vector<Value> resnet_features(const Part& backbone, const models::BackboneOptions& options,
                                   const Value& images) {
  const auto stem = conv_norm(backbone["stem"]["conv1"], images);
  auto x = stem.graph->node("MaxPool", {stem}, stem.type,
                            {{"kernel_shape", std::vector<int64_t>{3, 3}},
                             {"strides", std::vector<int64_t>{2, 2}},
                             {"pads", std::vector<int64_t>{1, 1, 1, 1}}});
  std::vector<Value> features;
  for (const char* name : {"res2", "res3", "res4", "res5"}) {
    const auto stage = backbone[name];
    const bool dilated = options.dilated && std::string(name) == "res5";
    for (int64_t i = 0; i < stage.size(); ++i) x = residual_block(stage[i], x, dilated && i > 0);
    features.push_back(x);
  }
  return {features.end() - options.features(), features.end()};
}

}  // namespace focus::exporter
