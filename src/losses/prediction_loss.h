// Class and box losses of one prediction head whose matching is known.
#pragma once

#include <ATen/ATen.h>

#include "losses/matcher.h"
#include "nn/detector_output.h"

namespace focus::losses {

/// All targets of a batch one after the other, on the device of the predictions.
struct FlatTargets {
  at::Tensor labels;               ///< (N) int64.
  at::Tensor boxes;                ///< (N, 4) cxcywh.
  std::vector<int64_t> first_box;  ///< Index of each image's first box.
};

/// float32 at least: sums over thousands of queries overflow or lose terms in half precision.
at::Tensor widened(const at::Tensor& x);

FlatTargets flatten_targets(const std::vector<nn::Target>& targets);

/// How classes are scored.
struct ClassLossOptions {
  double focal_alpha = 0.25;
  double focal_gamma = 2.0;
  double no_object_weight = 0.1;
};

/// Three scalars, each a sum over the batch divided by `normalizer`.
struct PredictionLoss {
  /// Of all queries, unmatched ones being background. Sigmoid scores: focal loss over all classes. Softmax
  /// scores: cross-entropy, "no object" by its weight, averaged by weight instead of divided by `normalizer`.
  at::Tensor classification;
  at::Tensor bbox;  ///< L1 distance of matched boxes.
  at::Tensor giou;  ///< 1 - GIoU of matched boxes.
};

/// A query may be matched with one box at most, a box with any number of queries (denoising).
PredictionLoss prediction_loss(const nn::Prediction& prediction, const FlatTargets& targets,
                               const Assignment& assignment, double normalizer,
                               const ClassLossOptions& options);

/// How denoising queries belong to boxes, by construction: box k of an image to query k of each group.
Assignment denoising_assignment(const std::vector<nn::Target>& targets, int64_t groups, int64_t group_size);

}  // namespace focus::losses
