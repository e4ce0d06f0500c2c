// The tables of name_maps.h for detectors. Those for backbones are in the entries of
// backbones/backbone_family.h.
#pragma once

#include <vector>

#include "models/checkpoints/name_maps.h"

namespace focus::models {

/// All tables: those for detectors, then those for backbones.
std::vector<NameMap> make_name_tables();

/// Steps for detectors.
NameSteps detrex_steps();
NameSteps deformable_steps();
NameSteps detr_steps();

/// Steps for transformer layers, which Deformable DETR and DETR name alike.
NameSteps transformer_layer_steps();

}  // namespace focus::models
