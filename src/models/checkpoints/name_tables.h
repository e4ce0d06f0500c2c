// The tables of name_maps.h.
#pragma once

#include <vector>

#include "models/checkpoints/name_maps.h"

namespace focus::models {

std::vector<NameMap> make_name_tables();

/// Steps of classifiers, under `prefix` in the file; what they yield begins with "backbone.".
std::vector<std::vector<NameRule>> torchvision_resnet_steps(const std::string& prefix);
std::vector<std::vector<NameRule>> torchvision_mobilenet_steps();
std::vector<std::vector<NameRule>> detectron2_steps();
std::vector<std::vector<NameRule>> caffe2_steps();
std::vector<std::vector<NameRule>> swin_steps(const std::string& prefix);
/// timm from 0.9 on counts a stage's merging of patches to the stage after it.
std::vector<std::vector<NameRule>> timm_swin_steps();

/// Steps of detectors.
std::vector<std::vector<NameRule>> detrex_steps();
std::vector<std::vector<NameRule>> deformable_steps();
std::vector<std::vector<NameRule>> detr_steps();

/// What layers of a transformer are called in both.
std::vector<std::vector<NameRule>> transformer_layer_steps();

}  // namespace focus::models
