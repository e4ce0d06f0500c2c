// The tables of name_maps.h that are of detectors. Those of backbones are in the entries of
// backbones/backbone_family.h.
#pragma once

#include <vector>

#include "models/checkpoints/name_maps.h"

namespace focus::models {

/// All tables: those of detectors, and then those of backbones.
std::vector<NameMap> make_name_tables();

/// Steps of detectors.
NameSteps detrex_steps();
NameSteps deformable_steps();
NameSteps detr_steps();

/// What layers of a transformer are called in both.
NameSteps transformer_layer_steps();

}  // namespace focus::models
