#include "export/parts/backbone.h"

#include <map>

#include "base/error.h"
#include "models/backbones/backbone_family.h"

namespace focus::exporter {
namespace {

using BackboneGraph = std::vector<Value> (*)(const Part& backbone, const models::BackboneOptions& options,
                                             const Value& images);

/// Keys are models::BackboneFamily::name.
const std::map<std::string, BackboneGraph>& backbone_graphs() {
  static const std::map<std::string, BackboneGraph> graphs{{"ResNet", resnet_features},
                                                           {"MobileNetV2", mobilenet_v2_features},
                                                           {"Swin Transformer", swin_features},
                                                           {"ConvNeXt", convnext_features}};
  return graphs;
}

}  // namespace

bool exports_backbone(const std::string& family) { return backbone_graphs().count(family) > 0; }

std::vector<Value> backbone_features(const Part& backbone, const models::BackboneOptions& options,
                                     const Value& images) {
  const auto& family = models::family_of(options.name).name;
  const auto graph = backbone_graphs().find(family);
  if (graph == backbone_graphs().end()) {
    fail("ONNX export does not support backbone '{}' ({}); export a model with another backbone",
         options.name, family);
  }
  return graph->second(backbone, options, images);
}

}  // namespace focus::exporter
