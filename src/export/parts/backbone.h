// The backbones of models/ as nodes.
#pragma once

#include <vector>

#include "export/parts/layers.h"
#include "models/options.h"

namespace focus::exporter {

/// models::Backbone::forward of the backbone that the options name.
/// @param images (B, 3, H, W), normalised
/// @return fine to coarse, (B, channels, H / stride rounded up, W likewise)
std::vector<Value> backbone_features(const Part& backbone, const models::BackboneOptions& options,
                                     const Value& images);

std::vector<Value> resnet_features(const Part& backbone, const models::BackboneOptions& options,
                                   const Value& images);
std::vector<Value> mobilenet_v2_features(const Part& backbone, const models::BackboneOptions& options,
                                         const Value& images);
std::vector<Value> swin_features(const Part& backbone, const models::BackboneOptions& options,
                                 const Value& images);

}  // namespace focus::exporter
