#include "models/backbones/backbone.h"

#include "models/backbones/mobilenet_v2.h"
#include "models/backbones/resnet.h"
#include "models/backbones/swin.h"

namespace focus::models {

std::shared_ptr<Backbone> make_backbone(const BackboneOptions& options) {
  if (options.name == "mobilenet_v2") return std::make_shared<MobileNetV2>(options);
  if (is_swin(options.name)) return std::make_shared<SwinTransformer>(options);
  return std::make_shared<ResNet>(options);
}

}  // namespace focus::models
