#include "losses/matcher.h"

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include "base/error.h"
#include "losses/hungarian.h"
#include "nn/box_ops.h"

namespace focus::losses {
namespace {

struct Costs {
  at::Tensor classification, bbox, giou;  ///< Each (Q, N), without weights.
};

at::Tensor class_cost(const at::Tensor& logits, const at::Tensor& labels, nn::ClassScores scores,
                      double alpha, double gamma) {
  if (scores == nn::ClassScores::kSoftmax) return -logits.softmax(-1).index_select(1, labels);
  constexpr double kEpsilon = 1e-8;
  const at::Tensor p = logits.index_select(1, labels).sigmoid(), q = 1 - p;
  const at::Tensor if_object = -alpha * q.pow(gamma) * (p + kEpsilon).log();
  const at::Tensor if_background = -(1 - alpha) * p.pow(gamma) * (q + kEpsilon).log();
  return if_object - if_background;
}

Costs costs_of(const at::Tensor& logits, const at::Tensor& boxes, const nn::Target& target,
               nn::ClassScores scores, const MatcherOptions& options) {
  const at::Tensor wide_logits = logits.detach().to(at::promote_types(logits.scalar_type(), at::kFloat));
  const at::Tensor wide_boxes = boxes.detach().to(wide_logits.scalar_type());
  const at::Tensor target_boxes = target.boxes.to(wide_logits.scalar_type());
  return {class_cost(wide_logits, target.labels, scores, options.alpha, options.gamma),
          (wide_boxes.unsqueeze(1) - target_boxes.unsqueeze(0)).abs().sum(-1),
          -nn::pairwise_giou(nn::cxcywh_to_xyxy(wide_boxes), nn::cxcywh_to_xyxy(target_boxes))};
}

/// Whether the costs of two heads can be computed as those of one with the queries of both: a few large
/// operations instead of many small ones.
bool alike(const nn::Prediction& a, const nn::Prediction& b) {
  return a.scores == b.scores && a.logits.sizes() == b.logits.sizes() && a.boxes.sizes() == b.boxes.sizes() &&
         a.logits.scalar_type() == b.logits.scalar_type();
}

Match solve(const at::Tensor& cost) {
  const std::span<const double> entries(cost.data_ptr<double>(), static_cast<size_t>(cost.numel()));
  const RowColumnPairs pairs = linear_sum_assignment(entries, cost.size(0), cost.size(1));
  return {at::tensor(pairs.rows, at::kLong), at::tensor(pairs.columns, at::kLong)};
}

[[noreturn]] void refuse(size_t head, size_t image, const nn::Prediction& prediction,
                         const nn::Target& target, const at::Tensor& cost, const MatcherOptions& options) {
  const int64_t entry = at::isfinite(cost).logical_not().flatten().nonzero()[0].item<int64_t>();
  const int64_t query = entry / cost.size(1), box = entry % cost.size(1);
  const auto index = static_cast<int64_t>(image);
  const c10::NoGradGuard no_grad;
  const Costs costs =
      costs_of(prediction.logits[index], prediction.boxes[index], target, prediction.scores, options);
  const auto finite = [&](const at::Tensor& part) { return at::isfinite(part[query][box]).item<bool>(); };
  const char* culprit = !finite(costs.classification) ? "class"
                        : !finite(costs.bbox)         ? "box"
                        : !finite(costs.giou)         ? "giou"
                                                      : "total";
  throw NonFiniteError(fmt::format(
      "matching: the {} cost of query {} (row) and box {} (column) of image {} in prediction head {} is not "
      "finite; look for nan or inf in the detector's output (a learning rate too high, or half precision) "
      "and in the image's boxes",
      culprit, query, box, image, head));
}

}  // namespace

void MatcherOptions::describe(OptionTable& table) {
  table.add("class_cost", &class_cost, "Weight of the classification cost in matching.", {.min = 0});
  table.add("bbox_cost", &bbox_cost, "Weight of the L1 distance of boxes in matching.", {.min = 0});
  table.add("giou_cost", &giou_cost, "Weight of the generalised IoU in matching.", {.min = 0});
  table.add("alpha", &alpha, "Focal weight of objects against background in the classification cost.",
            {.min = 0, .max = 1});
  table.add("gamma", &gamma, "Focal exponent of the classification cost.", {.min = 0});
}

at::Tensor HungarianMatcher::cost(const at::Tensor& logits, const at::Tensor& boxes, const nn::Target& target,
                                  nn::ClassScores scores) const {
  const c10::NoGradGuard no_grad;
  const Costs costs = costs_of(logits, boxes, target, scores, options_);
  return options_.bbox_cost * costs.bbox + options_.class_cost * costs.classification +
         options_.giou_cost * costs.giou;
}

Matching::Matching(MatcherOptions options, std::vector<nn::Prediction> heads, std::vector<nn::Target> targets)
    : options_(options),
      heads_(std::move(heads)),
      targets_(std::move(targets)),
      offsets_(heads_.size() * targets_.size()) {}

Matching HungarianMatcher::begin(const std::vector<nn::Prediction>& heads,
                                 const std::vector<nn::Target>& targets) const {
  Matching matching(options_, heads, targets);
  const size_t images = targets.size();
  std::vector<at::Tensor> flat_costs;
  int64_t offset = 0;
  for (size_t first = 0, last; first < heads.size(); first = last) {
    if (heads[first].logits.size(0) != static_cast<int64_t>(images)) {
      fail("matching: {} images predicted, {} targets given", heads[first].logits.size(0), images);
    }
    last = first + 1;
    while (last < heads.size() && alike(heads[last], heads[first])) ++last;
    for (size_t i = 0; i < images; ++i) {
      std::vector<at::Tensor> logits, boxes;
      for (size_t head = first; head < last; ++head) {
        logits.push_back(heads[head].logits[static_cast<int64_t>(i)]);
        boxes.push_back(heads[head].boxes[static_cast<int64_t>(i)]);
        matching.offsets_[head * images + i] = offset;
        offset += logits.back().size(0) * targets[i].boxes.size(0);
      }
      flat_costs.push_back(cost(at::cat(logits), at::cat(boxes), targets[i], heads[first].scores).flatten());
    }
  }
  if (!flat_costs.empty()) matching.costs_.emplace(at::cat(flat_costs).to(at::kDouble));
  return matching;
}

std::vector<Assignment> Matching::finish() const {
  if (!costs_) return std::vector<Assignment>(heads_.size());
  const at::Tensor& all = costs_->wait();
  std::vector<at::Tensor> jobs;
  for (size_t head = 0; head < heads_.size(); ++head) {
    for (size_t i = 0; i < targets_.size(); ++i) {
      const int64_t queries = heads_[head].logits.size(1), boxes = targets_[i].boxes.size(0);
      jobs.push_back(
          all.narrow(0, offsets_[head * targets_.size() + i], queries * boxes).view({queries, boxes}));
    }
  }
  if (!at::isfinite(all).all().item<bool>()) {
    for (size_t k = 0; k < jobs.size(); ++k) {
      const size_t head = k / targets_.size(), image = k % targets_.size();
      if (!at::isfinite(jobs[k]).all().item<bool>())
        refuse(head, image, heads_[head], targets_[image], jobs[k], options_);
    }
  }
  std::vector<Match> matches(jobs.size());
  at::parallel_for(0, static_cast<int64_t>(jobs.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t k = begin; k < end; ++k) matches[k] = solve(jobs[k]);
  });

  std::vector<Assignment> assignments;
  for (size_t head = 0; head < heads_.size(); ++head) {
    const auto first = matches.begin() + static_cast<std::ptrdiff_t>(head * targets_.size());
    assignments.emplace_back(first, first + static_cast<std::ptrdiff_t>(targets_.size()));
  }
  return assignments;
}

}  // namespace focus::losses
