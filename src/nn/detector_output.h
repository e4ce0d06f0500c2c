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
  kSoftmax,  ///< Mutually exclusive classes, with a last column for "no object" (DETR).
};

/// Class logits and boxes of one prediction head.
struct Prediction {
  at::Tensor logits;  ///< (B, Q, classes); with kSoftmax one more column.
  at::Tensor boxes;   ///< (B, Q, 4), cxcywh, 0..1, like Target::boxes.
  ClassScores scores = ClassScores::kSigmoid;

  int64_t classes() const { return logits.size(-1) - (scores == ClassScores::kSoftmax ? 1 : 0); }
};

/// The scores of Sparse DETR's scorer and their target, the decoder's attention (Sparse DETR, section 3.2).
struct AttentionScores {
  at::Tensor logits;     ///< (B, tokens) raw scores, levels from fine to coarse.
  at::Tensor attention;  ///< (B, tokens) the decoder attention map; smallest at padding.
  at::Tensor counts;     ///< (B) int64, number of tokens to keep in each image.
};

/// Predictions for the noised ground truth of contrastive denoising (DINO, section 3.3).
struct DenoisingOutput {
  std::vector<Prediction> layers;  ///< One per decoder layer; Q = groups * group_size.
  int64_t groups = 0;              ///< Number of denoising groups.
  int64_t group_size = 0;  ///< Queries per group: positives, then negatives; each the most boxes in an image.
};

/// Everything a forward pass returns. Undefined tensors and empty optionals are parts that a detector does
/// not have or did not compute.
struct DetectorOutput {
  std::vector<Prediction> layers;      ///< One per decoder layer; the last is the detector's prediction.
  Prediction proposals;                ///< Of the two-stage heads, at the tokens they are trained on.
  bool proposals_have_classes = true;  ///< Otherwise they only separate objects from background, by class 0.
  std::vector<Prediction> encoder_layers;  ///< Of all encoder layers but the last, in training.
  at::Tensor foreground_logits;            ///< (B, tokens) raw foreground scores, levels from fine to coarse.
  std::optional<AttentionScores> attention_scores;  ///< In training.
  std::vector<ImageSize> spatial_shapes;            ///< Size in tokens of each level, fine to coarse.
  std::optional<DenoisingOutput> denoising;         ///< Only in training, and only if there are boxes.
};

}  // namespace focus::nn
