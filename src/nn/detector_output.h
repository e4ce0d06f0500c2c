// What a detector of the DETR family returns: the input of losses and postprocessing.
#pragma once

#include <ATen/ATen.h>

#include <optional>
#include <vector>

#include "nn/batch.h"

namespace focus::nn {

/// How class logits become probabilities.
enum class ClassScores {
  kSigmoid,  ///< Each class independently (Deformable DETR and its successors).
  kSoftmax,  ///< Classes exclude each other, with a last column "no object" (DETR).
};

/// Class logits and boxes of one prediction head.
struct Prediction {
  at::Tensor logits;  ///< (B, Q, classes), raw; with kSoftmax one column more.
  at::Tensor boxes;   ///< (B, Q, 4), cxcywh, 0..1, as Target::boxes.
  ClassScores scores = ClassScores::kSigmoid;

  int64_t classes() const { return logits.size(-1) - (scores == ClassScores::kSoftmax ? 1 : 0); }
};

/// The training target of Sparse DETR's scorer: the decoder's attention (Sparse DETR, section 3.2).
struct AttentionScores {
  at::Tensor logits;     ///< (B, tokens) raw scores, levels from fine to coarse.
  at::Tensor attention;  ///< (B, tokens) the decoder attention map; least where there is padding.
  at::Tensor counts;     ///< (B) int64, tokens of each image that are to be kept.
};

/// Predictions for the noised ground truth of contrastive denoising (DINO, section 3.3).
struct DenoisingOutput {
  std::vector<Prediction> layers;  ///< One per decoder layer; Q = groups * group_size.
  int64_t groups = 0;              ///< Number of denoising groups.
  int64_t group_size = 0;  ///< Queries per group: the most boxes of an image, positives then negatives.
};

/// Everything a forward pass returns. Undefined tensors and empty optionals are parts a detector does not
/// have.
struct DetectorOutput {
  std::vector<Prediction> layers;      ///< One per decoder layer; the last is the detector's prediction.
  Prediction proposals;                ///< Two-stage head at the tokens it is trained on, in training.
  bool proposals_have_classes = true;  ///< Otherwise they only separate objects from background, by class 0.
  std::vector<Prediction> encoder_layers;  ///< Of encoder layers before the last, in training.
  at::Tensor foreground_logits;            ///< (B, tokens) raw foreground scores, levels from fine to coarse.
  std::optional<AttentionScores> attention_scores;  ///< In training.
  std::vector<ImageSize> spatial_shapes;            ///< Size in tokens of each level, fine to coarse.
  std::optional<DenoisingOutput> denoising;         ///< Only in training, and only if there are boxes.
};

}  // namespace focus::nn
