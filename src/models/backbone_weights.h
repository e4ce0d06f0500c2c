// Pretrained backbones: torchvision's, detectron2's, or that of a whole detector.
#pragma once

#include <string>

#include "models/backbone.h"
#include "models/name_maps.h"

namespace focus::models {

/// What became of a file of backbone weights.
struct BackboneReport {
  std::string source;                          ///< The table of name_maps.h whose names the file has.
  std::vector<std::string> missing;            ///< Backbone tensors the file lacks: they stay as they were.
  std::map<std::string, std::string> dropped;  ///< Tensors that have no place, and why.
  std::vector<std::string> notes;              ///< What a person should know about weights of this source.
};

/// Copies weights into a backbone. A convolution's bias (folded batch normalisation) becomes the shift of a
/// normalisation that is otherwise the identity. Of a detector's file, only its backbone is used.
/// Throws Error naming `source` for tensors it has no place for or of another shape.
BackboneReport load_backbone_weights(Backbone& backbone, const StateDict& tensors,
                                     const BackboneOptions& options, const std::string& source);

/// True if `name`, which begins with "backbone.", is of a normalisation that `tensors` hold folded: its shift
/// is there and the rest is the identity.
bool is_folded_away(const std::string& name, const StateDict& tensors);

}  // namespace focus::models
