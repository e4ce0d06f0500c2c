// One-to-one matching of predictions with objects (DETR, section 3.1).
#pragma once

#include <ATen/ATen.h>

#include <optional>
#include <vector>

#include "base/error.h"
#include "base/options.h"
#include "nn/detector_output.h"
#include "nn/host_copy.h"

namespace focus::losses {

/// Predictions or boxes hold nan or infinity.
class NonFiniteError : public Error {
 public:
  using Error::Error;
};

struct MatcherOptions {
  double class_cost = 2.0;
  double bbox_cost = 5.0;
  double giou_cost = 2.0;
  double alpha = 0.25;
  double gamma = 2.0;

  void describe(OptionTable& table);
};

/// The matched pairs of one image: query src[k] is to predict box tgt[k]. Both (min(queries, boxes)) int64
/// on the CPU; src ascends.
struct Match {
  at::Tensor src;
  at::Tensor tgt;
};

/// The matches of a batch, one per image.
using Assignment = std::vector<Match>;

/// A matching in progress: costs are being copied to the CPU, nothing is assigned yet.
class Matching {
 public:
  /// Waits for the costs and assigns; one assignment per head. Throws NonFiniteError for costs that are not
  /// finite, naming prediction, image, query, box and which of the three costs it came from.
  std::vector<Assignment> finish() const;

 private:
  friend class HungarianMatcher;
  Matching(MatcherOptions options, std::vector<nn::Prediction> heads, std::vector<nn::Target> targets);

  MatcherOptions options_;
  std::vector<nn::Prediction> heads_;
  std::vector<nn::Target> targets_;
  std::vector<int64_t> offsets_;       ///< where a head's costs of an image begin: head * images + image
  std::optional<nn::HostCopy> costs_;  ///< of all heads and images, float64; none without heads
};

/// Matches at least total cost: class_cost * classification cost + bbox_cost * L1 distance + giou_cost *
/// -GIoU. The classification cost is the focal loss's of sigmoid scores, and the negative probability of
/// softmax scores. Not differentiable.
class HungarianMatcher {
 public:
  explicit HungarianMatcher(MatcherOptions options = {}) : options_(options) {}

  /// Cost of every query for every box of one image.
  ///   logits (Q, classes), boxes (Q, 4) cxcywh 0..1; target on the same device.  Returns (Q, N).
  at::Tensor cost(const at::Tensor& logits, const at::Tensor& boxes, const nn::Target& target,
                  nn::ClassScores scores = nn::ClassScores::kSigmoid) const;

  /// Matches several prediction heads with the same targets; one assignment per head. All costs travel to the
  /// CPU in one transfer, so that a detector's heads cost a GPU one synchronisation. Targets on the heads'
  /// device.
  std::vector<Assignment> match(const std::vector<nn::Prediction>& heads,
                                const std::vector<nn::Target>& targets) const {
    return begin(heads, targets).finish();
  }

  /// The first half of match: a GPU is free to do something else until the second, Matching::finish.
  Matching begin(const std::vector<nn::Prediction>& heads, const std::vector<nn::Target>& targets) const;

 private:
  MatcherOptions options_;
};

}  // namespace focus::losses
