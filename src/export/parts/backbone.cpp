#include "export/parts/backbone.h"

#include "models/backbones/swin.h"
#include "nn/conv_norm.h"

namespace focus::exporter {
namespace {

/// The last `count`, fine to coarse.
std::vector<Value> last(const std::vector<Value>& features, int64_t count) {
  return {features.end() - count, features.end()};
}

/// models::ResNet::Block
Value residual_block(const Part& block, const Value& x, bool dilated) {
  const auto residual = block.has("shortcut") ? conv_norm(block["shortcut"], x) : x;
  const auto first = conv_norm(block["conv1"], x);
  if (!block.has("conv3")) return conv_norm(block["conv2"], first, residual);
  return conv_norm(block["conv3"], conv_norm(block["conv2"], first, {}, dilated ? 2 : 1), residual);
}

/// The convolutions of one of MobileNetV2's "features", in order: they lie in it or one level deeper, and
/// norms beside them.
std::vector<Part> convolutions_of(const Part& feature) {
  const auto list = feature.has("conv") ? feature["conv"] : feature;
  std::vector<Part> found;
  for (int64_t i = 0; i < list.size(); ++i) {
    const auto child = list[i];
    if (child.is<nn::ConvNorm>()) {
      found.push_back(child);
    } else if (child.has("0")) {
      found.push_back(child["0"]);
    }
  }
  return found;
}

int64_t stride_of(const std::vector<Part>& convolutions) {
  int64_t stride = 1;
  for (const auto& part : convolutions) stride *= part.as<nn::ConvNorm>().shape().stride;
  return stride;
}

}  // namespace

std::vector<Value> backbone_features(const Part& backbone, const models::BackboneOptions& options,
                                     const Value& images) {
  if (options.name == "mobilenet_v2") return mobilenet_v2_features(backbone, options, images);
  if (models::is_swin(options.name)) return swin_features(backbone, options, images);
  return resnet_features(backbone, options, images);
}

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
  return last(features, options.features());
}

std::vector<Value> mobilenet_v2_features(const Part& backbone, const models::BackboneOptions& options,
                                         const Value& images) {
  const auto list = backbone["features"];
  auto x = images;
  std::vector<Value> features;  // The last of each stride.
  for (int64_t i = 0; i < list.size(); ++i) {
    const auto convolutions = convolutions_of(list[i]);
    if (i > 0 && stride_of(convolutions) > 1) features.push_back(x);
    const auto& first = convolutions.front().as<nn::ConvNorm>().shape();
    const auto& end = convolutions.back().as<nn::ConvNorm>();
    // An inverted residual ends without an activation.
    const bool skip = end.activation() == nn::Activation::kNone && stride_of(convolutions) == 1 &&
                      first.in == end.shape().out;
    auto y = x;
    for (size_t c = 0; c + 1 < convolutions.size(); ++c) y = conv_norm(convolutions[c], y);
    x = conv_norm(convolutions.back(), y, skip ? x : Value{});
  }
  features.push_back(x);
  return last(features, options.features());
}

}  // namespace focus::exporter
