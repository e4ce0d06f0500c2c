// The training objective of the DETR family: matching, class, box, foreground and denoising losses.
#pragma once

#include <ATen/ATen.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "losses/foreground.h"
#include "losses/matcher.h"
#include "nn/detector_output.h"

namespace focus::losses {

struct LossOptions {
  double class_weight = 1.0;
  double bbox_weight = 5.0;
  double giou_weight = 2.0;
  double foreground_weight = 1.5;
  double attention_weight = 1.0;
  double focal_alpha = 0.25;
  double focal_gamma = 2.0;
  double no_object_weight = 0.1;
  bool auxiliary = true;
  bool proposals = true;
  MatcherOptions matcher;
  ForegroundOptions foreground;

  void describe(OptionTable& table);
};

/// Loss terms and the matching they rest on. Terms are scalars in a fixed order; their names are the
/// reference's: loss_class, loss_bbox, loss_giou of the last decoder layer, select_loss (foreground), then
/// the same three with _0, _1 ... (earlier decoder layers), _enc (two-stage proposals), _dn (denoising, last
/// layer), _dn_0 ... Sparse DETR has loss_mask_prediction (its scorer) instead of select_loss, and _enc_0 ...
/// of earlier encoder layers.
struct LossResult {
  at::Tensor total;                                     ///< Sum of the weighted terms: what to differentiate.
  std::vector<std::pair<std::string, at::Tensor>> raw;  ///< Terms before their weights.
  std::vector<std::pair<std::string, at::Tensor>> weighted;     ///< Terms as they enter the total.
  std::vector<std::pair<std::string, Assignment>> assignments;  ///< match_last, match_aux0 ..., match_enc,
                                                                ///< match_enc0 ...
};

/// Computes the losses of what a detector returned. Parts the detector does not have (foreground logits,
/// scores of attention, proposals, encoder layers, denoising) give no terms. Proposals without classes are
/// matched and trained as if all objects were of class 0. Class and box terms are sums divided by the number
/// of boxes, denoising terms by that number times the groups. Images without boxes only teach "background";
/// in a batch without any box the box terms are 0 and still differentiable. Half precision is widened to
/// float32.
class Criterion {
 public:
  explicit Criterion(LossOptions options = {});

  const LossOptions& options() const { return options_; }

  /// targets: one per image, on any device. num_boxes: what class and box terms are divided by, more than 0,
  /// e.g. the boxes of all ranks / ranks; when not given the boxes of `targets`, or 1 if there is none.
  /// Throws Error when images and targets differ in number, for a label that is no class of the detector,
  /// for labels and boxes of different number, and for predictions that are not finite (losses/matcher.h);
  /// UsageError when options do not fit the detector's levels.
  LossResult operator()(const nn::DetectorOutput& output, const std::vector<nn::Target>& targets,
                        std::optional<double> num_boxes = std::nullopt) const;

 private:
  LossOptions options_;
  HungarianMatcher matcher_;
};

}  // namespace focus::losses
