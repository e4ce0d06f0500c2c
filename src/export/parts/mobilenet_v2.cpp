#include "export/parts/backbone.h"
#include "nn/conv_norm.h"

namespace focus::exporter {
namespace {

/// The convolutions of one of MobileNetV2's "features", in order: its children or grandchildren, next to
/// norms.
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

std::vector<Value> mobilenet_v2_features(const Part& backbone, const models::BackboneOptions& options,
                                         const Value& images) {
  const auto list = backbone["features"];
  auto x = images;
  std::vector<Value> features;  // The last output of each stride.
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
  return {features.end() - options.features(), features.end()};
}

}  // namespace focus::exporter
