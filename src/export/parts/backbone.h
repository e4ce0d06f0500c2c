// The backbones of models/ as nodes.
#pragma once

#include <string>
#include <vector>

#include "export/parts/layers.h"
#include "models/options.h"

namespace focus::exporter {

/// models::Backbone::forward of the backbone named in the options.
/// @param images (B, 3, H, W), normalised
/// @return fine to coarse, (B, channels, H / stride rounded up, W likewise)
/// Throws Error naming the backbone if its family has no function below.
std::vector<Value> backbone_features(const Part& backbone, const models::BackboneOptions& options,
                                     const Value& images);

/// Whether backbones of the family (models::BackboneFamily::name) can be exported.
bool exports_backbone(const std::string& family);

/// One function per family.
std::vector<Value> resnet_features(const Part& backbone, const models::BackboneOptions& options,
                                   const Value& images);
std::vector<Value> mobilenet_v2_features(const Part& backbone, const models::BackboneOptions& options,
                                         const Value& images);
std::vector<Value> swin_features(const Part& backbone, const models::BackboneOptions& options,
                                 const Value& images);
std::vector<Value> convnext_features(const Part& backbone, const models::BackboneOptions& options,
                                     const Value& images);

}  // namespace focus::exporter
