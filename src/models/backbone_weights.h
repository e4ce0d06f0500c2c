// Pretrained backbones in torchvision's naming, with batch normalisation or with it folded into biases.
#pragma once

#include <string>

#include "models/backbone.h"
#include "models/state_dict.h"

namespace focus::models {

/// Copies torchvision weights into a backbone. A convolution's bias (folded batch normalisation) becomes the
/// shift of a normalisation that is otherwise the identity.
/// @return names of backbone tensors the file lacks (they keep their initialisation)
/// Throws Error naming `source` for tensors it has no place for or of another shape.
std::vector<std::string> load_backbone_weights(Backbone& backbone, const StateDict& tensors,
                                               const BackboneOptions& options, const std::string& source);

}  // namespace focus::models
