// What a detector of the DETR family returns: the input of losses and postprocessing.
#pragma once

#include <ATen/ATen.h>

#include <optional>
#include <vector>

#include "nn/batch.h"

namespace focus::nn {

/// Class logits and boxes of one prediction head.
struct Prediction {
  at::Tensor logits;  ///< (B, Q, classes), raw.
  at::Tensor boxes;   ///< (B, Q, 4), cxcywh, 0..1, as Target::boxes.
};

/// Predictions for the noised ground truth of contrastive denoising (DINO, section 3.3).
struct DenoisingOutput {
  std::vector<Prediction> layers;  ///< One a decoder layer; Q = groups * group_size.
  int64_t groups = 0;              ///< Number of denoising groups.
  int64_t group_size = 0;  ///< Queries a group: the most boxes of a picture, positives then negatives.
};

/// Everything a forward pass yields. Undefined tensors and empty optionals are parts a detector does not
/// have.
struct DetectorOutput {
  std::vector<Prediction> layers;         ///< One a decoder layer; the last is the detector's answer.
  Prediction proposals;                   ///< Two-stage head at the selected proposals, in training.
  at::Tensor foreground_logits;           ///< (B, tokens) raw foreground scores, levels from fine to coarse.
  std::vector<ImageSize> spatial_shapes;  ///< Size in tokens of each level, fine to coarse.
  std::optional<DenoisingOutput> denoising;  ///< Only in training, and only if there are boxes.
};

}  // namespace focus::nn
