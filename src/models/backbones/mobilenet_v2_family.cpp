// MobileNetV2's entry among the backbone families.
#include "models/backbones/backbone_family.h"
#include "models/backbones/mobilenet_v2.h"

namespace focus::models {
namespace {

NameSteps torchvision_mobilenet_steps() {
  return {{{"*.num_batches_tracked", "", kStepCounter},
           {"classifier.*", "", kClassifierLayer},
           // A convolution's bias is the shift of its folded normalisation, which has the next index. The
           // first block does not expand, so its projection and normalisation have lower indices.
           {"features.#.0.bias", "features.#.1.bias"},
           {"features.#.conv.#.0.bias", "features.#.conv.#.1.bias"},
           {"features.1.conv.1.bias", "features.1.conv.2.bias"},
           {"features.1.conv.2.bias", "features.1.conv.2.bias"},
           {"features.#.conv.2.bias", "features.#.conv.3.bias"}},
          {{"features.*", "backbone.features.*"}}};
}

}  // namespace

BackboneFamily mobilenet_v2_family() {
  BackboneFamily family;
  family.name = "MobileNetV2";
  family.variants = {
      {"mobilenet_v2", [](const auto& options) { return std::make_shared<MobileNetV2>(options); }, {"norm"}}};
  family.sources = {{"torchvision-mobilenet",
                     "torchvision's MobileNetV2",
                     {{"features.0.0.weight", "features.1.conv.0.0.weight"}},
                     torchvision_mobilenet_steps()}};
  family.usual_source = "torchvision-mobilenet";
  family.tell = [](const TensorShapes& shapes, BackboneOptions& options) {
    if (!shapes.has("backbone.features.0.0.weight")) return false;
    options.name = "mobilenet_v2";
    return true;
  };
  return family;
}

}  // namespace focus::models
