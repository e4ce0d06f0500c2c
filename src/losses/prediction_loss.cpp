#include "losses/prediction_loss.h"

#include "losses/focal.h"
#include "nn/box_ops.h"

namespace focus::losses {
namespace {

/// Matched pairs of a batch as indices into flattened queries (B * Q) and FlatTargets, on the given device.
struct FlatPairs {
  at::Tensor query, box;
};

FlatPairs flatten_pairs(const Assignment& assignment, int64_t queries, const FlatTargets& targets) {
  std::vector<at::Tensor> query, box;
  for (size_t i = 0; i < assignment.size(); ++i) {
    query.push_back(assignment[i].src + static_cast<int64_t>(i) * queries);
    box.push_back(assignment[i].tgt + targets.first_box[i]);
  }
  // A GPU may still be at work on what came before: it is not waited for.
  const auto moved = [&](const std::vector<at::Tensor>& indices) {
    return at::cat(indices).to(targets.boxes.device(), /*non_blocking=*/true);
  };
  return {moved(query), moved(box)};
}

/// Focal loss of (B * Q, classes) logits: each matched query has one positive class.
at::Tensor focal_class_loss(const at::Tensor& logits, const FlatPairs& pairs, const at::Tensor& labels,
                            const ClassLossOptions& options) {
  at::Tensor positive = at::zeros_like(logits, logits.options().dtype(at::kBool));
  positive.view({-1}).index_fill_(0, pairs.query * logits.size(1) + labels, true);
  return sigmoid_focal_loss(logits, positive, options.focal_alpha, options.focal_gamma);
}

/// Weighted mean of the cross-entropy of (B * Q, classes + 1) logits, the last column being "no object".
at::Tensor softmax_class_loss(const at::Tensor& logits, const FlatPairs& pairs, const at::Tensor& labels,
                              const ClassLossOptions& options) {
  const int64_t no_object = logits.size(1) - 1;
  const auto wanted =
      at::full({logits.size(0)}, no_object, labels.options()).index_copy(0, pairs.query, labels);
  auto weight = at::ones({logits.size(1)}, logits.options());
  weight[no_object] = options.no_object_weight;
  return at::cross_entropy_loss(logits, wanted, weight);
}

}  // namespace

at::Tensor widened(const at::Tensor& x) { return x.to(at::promote_types(x.scalar_type(), at::kFloat)); }

FlatTargets flatten_targets(const std::vector<nn::Target>& targets) {
  std::vector<at::Tensor> labels, boxes;
  FlatTargets flat;
  int64_t count = 0;
  for (const nn::Target& target : targets) {
    labels.push_back(target.labels);
    boxes.push_back(target.boxes);
    flat.first_box.push_back(count);
    count += target.labels.size(0);
  }
  flat.labels = at::cat(labels);
  flat.boxes = at::cat(boxes);
  return flat;
}

PredictionLoss prediction_loss(const nn::Prediction& prediction, const FlatTargets& targets,
                               const Assignment& assignment, double normalizer,
                               const ClassLossOptions& options) {
  const at::Tensor logits = widened(prediction.logits.flatten(0, 1));
  const FlatPairs pairs = flatten_pairs(assignment, prediction.logits.size(1), targets);
  const at::Tensor labels = targets.labels.index_select(0, pairs.box);
  const at::Tensor classification = prediction.scores == nn::ClassScores::kSoftmax
                                        ? softmax_class_loss(logits, pairs, labels, options)
                                        : focal_class_loss(logits, pairs, labels, options) / normalizer;

  const at::Tensor predicted = widened(prediction.boxes.flatten(0, 1)).index_select(0, pairs.query);
  const at::Tensor wanted = targets.boxes.index_select(0, pairs.box).to(predicted.scalar_type());
  const at::Tensor giou = nn::elementwise_giou(nn::cxcywh_to_xyxy(predicted), nn::cxcywh_to_xyxy(wanted));
  return {classification, (predicted - wanted).abs().sum() / normalizer, (1 - giou).sum() / normalizer};
}

Assignment denoising_assignment(const std::vector<nn::Target>& targets, int64_t groups, int64_t group_size) {
  Assignment assignment;
  for (const nn::Target& target : targets) {
    const at::Tensor box = at::arange(target.labels.size(0), at::kLong);
    const at::Tensor first_query = at::arange(groups, at::kLong) * group_size;
    assignment.push_back({(first_query.unsqueeze(1) + box).flatten(), box.repeat({groups})});
  }
  return assignment;
}

}  // namespace focus::losses
