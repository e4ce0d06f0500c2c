// Loads pretrained backbones: torchvision's, detectron2's and others, or that of a whole detector.
#pragma once

#include <string>

#include "models/backbones/backbone.h"
#include "models/checkpoints/name_maps.h"

namespace focus::models {

/// The outcome of loading a file of backbone weights.
struct BackboneReport {
  std::string source;                          ///< The table of name_maps.h whose names the file has.
  std::vector<std::string> missing;            ///< Backbone tensors the file lacks; they are unchanged.
  std::map<std::string, std::string> dropped;  ///< Tensors not used, and why.
  std::vector<std::string> notes;              ///< Notes for users of weights from this source.
  int64_t taken = 0;                           ///< Tensors of the backbone that the file sets...
  int64_t tensors = 0;                         ///< ...of this many in total.
};

/// Copies weights into a backbone. A convolution's bias (folded batch normalisation) becomes the shift of a
/// normalisation that is otherwise the identity. Of a detector's file, only its backbone is used.
/// Throws Error naming `source` for tensors that the backbone does not have or has in another shape, and if
/// the values of one it needs are `unread` (io/weights_file.h).
BackboneReport load_backbone_weights(Backbone& backbone, const StateDict& tensors,
                                     const BackboneOptions& options, const std::string& source,
                                     const std::map<std::string, std::string>& unread = {});

/// True if `name`, which begins with "backbone.", is of a normalisation that is folded in `tensors`: they
/// hold only its shift, and the rest is the identity.
bool is_folded_away(const std::string& name, const StateDict& tensors);

}  // namespace focus::models
