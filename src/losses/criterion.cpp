#include "losses/criterion.h"

#include <algorithm>

#include "base/error.h"
#include "losses/attention_scores.h"
#include "losses/prediction_loss.h"

namespace focus::losses {
namespace {

void check_targets(const nn::DetectorOutput& output, const std::vector<nn::Target>& targets) {
  if (output.layers.empty()) fail("losses: the detector returned no predictions");
  if (targets.empty()) fail("losses: a batch without images");
  const at::Tensor& logits = output.layers.back().logits;
  const int64_t classes = output.layers.back().classes();
  if (logits.size(0) != static_cast<int64_t>(targets.size())) {
    fail("losses: {} images predicted, {} targets given", logits.size(0), targets.size());
  }
  for (size_t i = 0; i < targets.size(); ++i) {
    const nn::Target& target = targets[i];
    if (target.labels.dim() != 1 || target.boxes.dim() != 2 || target.boxes.size(1) != 4 ||
        target.labels.size(0) != target.boxes.size(0)) {
      fail(
          "losses: target of image {} has labels of shape [{}] and boxes of shape [{}]; expected [N] and "
          "[N, 4]",
          i, fmt::join(target.labels.sizes(), ", "), fmt::join(target.boxes.sizes(), ", "));
    }
    if (target.labels.numel() == 0) continue;
    const auto least = target.labels.min().item<int64_t>(), most = target.labels.max().item<int64_t>();
    if (least < 0 || most >= classes) {
      fail("losses: image {} has label {}; the detector has classes 0 to {}", i, least < 0 ? least : most,
           classes - 1);
    }
  }
}

std::vector<nn::Target> moved(const std::vector<nn::Target>& targets, at::Device device) {
  std::vector<nn::Target> result = targets;
  for (nn::Target& target : result) {
    target.labels = target.labels.to(device);
    target.boxes = target.boxes.to(device);
  }
  return result;
}

double count_boxes(const std::vector<nn::Target>& targets) {
  int64_t count = 0;
  for (const nn::Target& target : targets) count += target.labels.size(0);
  return static_cast<double>(count);
}

/// Collects terms in order, each with its weight.
class Terms {
 public:
  explicit Terms(const LossOptions& options) : options_(options) {}

  void add(const std::string& name, const at::Tensor& value, double weight) {
    result_.raw.emplace_back(name, value);
    result_.weighted.emplace_back(name, value * weight);
  }

  void add(const PredictionLoss& loss, const std::string& suffix) {
    add("loss_class" + suffix, loss.classification, options_.class_weight);
    add("loss_bbox" + suffix, loss.bbox, options_.bbox_weight);
    add("loss_giou" + suffix, loss.giou, options_.giou_weight);
  }

  LossResult take() {
    std::vector<at::Tensor> values;
    for (const auto& [name, value] : result_.weighted) values.push_back(value);
    result_.total = at::stack(values).sum();
    return std::move(result_);
  }

 private:
  const LossOptions& options_;
  LossResult result_;
};

/// A prediction head that is matched with the targets, and how it is called.
struct Head {
  nn::Prediction prediction;
  std::string loss_suffix, match_name;
  bool has_classes = true;
};

std::vector<Head> matched_heads(const nn::DetectorOutput& output, const LossOptions& options) {
  std::vector<Head> heads{{output.layers.back(), "", "match_last"}};
  for (size_t i = 0; options.auxiliary && i + 1 < output.layers.size(); ++i) {
    heads.push_back({output.layers[i], fmt::format("_{}", i), fmt::format("match_aux{}", i)});
  }
  if (options.proposals && output.proposals.logits.defined()) {
    heads.push_back({output.proposals, "_enc", "match_enc", output.proposals_have_classes});
  }
  for (size_t i = 0; options.auxiliary && i < output.encoder_layers.size(); ++i) {
    heads.push_back({output.encoder_layers[i], fmt::format("_enc_{}", i), fmt::format("match_enc{}", i)});
  }
  return heads;
}

ClassLossOptions class_loss_options(const LossOptions& options) {
  return {options.focal_alpha, options.focal_gamma, options.no_object_weight};
}

/// Of the last decoder layer, then of those before it, if they are trained.
std::vector<PredictionLoss> denoising_losses(const nn::DenoisingOutput& denoising,
                                             const std::vector<nn::Target>& targets, const FlatTargets& flat,
                                             double boxes, const LossOptions& options) {
  const Assignment assignment = denoising_assignment(targets, denoising.groups, denoising.group_size);
  const double normalizer = boxes * static_cast<double>(denoising.groups);
  const auto loss_of = [&](const nn::Prediction& layer) {
    return prediction_loss(layer, flat, assignment, normalizer, class_loss_options(options));
  };
  std::vector<PredictionLoss> losses{loss_of(denoising.layers.back())};
  for (size_t i = 0; options.auxiliary && i + 1 < denoising.layers.size(); ++i) {
    losses.push_back(loss_of(denoising.layers[i]));
  }
  return losses;
}

/// The same boxes, all of class 0.
std::vector<nn::Target> without_classes(std::vector<nn::Target> targets) {
  for (nn::Target& target : targets) target.labels = at::zeros_like(target.labels);
  return targets;
}

}  // namespace

void LossOptions::describe(OptionTable& table) {
  table.add("class_weight", &class_weight, "Weight of the classification losses.", {.min = 0});
  table.add("bbox_weight", &bbox_weight, "Weight of the L1 box losses.", {.min = 0});
  table.add("giou_weight", &giou_weight, "Weight of the generalised IoU losses.", {.min = 0});
  table.add("foreground_weight", &foreground_weight, "Weight of the foreground token loss.", {.min = 0});
  table.add("attention_weight", &attention_weight,
            "Weight of the loss that teaches a scorer the decoder's attention (Sparse DETR).", {.min = 0});
  table.add("focal_alpha", &focal_alpha, "Focal weight of objects against background.", {.min = 0, .max = 1});
  table.add("focal_gamma", &focal_gamma, "Focal exponent: how much less easy examples count.", {.min = 0});
  table.add("no_object_weight", &no_object_weight,
            "Weight of queries without an object where classes exclude each other (DETR).", {.min = 0});
  table.add("auxiliary", &auxiliary, "Also train every layer before the last.");
  table.add("proposals", &proposals, "Also train the two-stage proposals, in detectors that have them.");
  table.group("matcher", matcher);
  table.group("foreground", foreground);
}

Criterion::Criterion(LossOptions options) : options_(std::move(options)), matcher_(options_.matcher) {}

LossResult Criterion::operator()(const nn::DetectorOutput& output, const std::vector<nn::Target>& given,
                                 std::optional<double> num_boxes) const {
  check_targets(output, given);
  const std::vector<nn::Target> targets = moved(given, output.layers.back().logits.device());
  const FlatTargets flat = flatten_targets(targets);
  const double boxes = num_boxes.value_or(std::max(count_boxes(targets), 1.0));
  if (!(boxes > 0)) fail("losses: {} boxes to divide by; the number must be more than 0", boxes);
  const ClassLossOptions classes = class_loss_options(options_);

  const std::vector<Head> heads = matched_heads(output, options_);
  // Those without classes last, so that all costs of either kind travel together.
  std::vector<nn::Prediction> predictions, classless;
  for (const Head& head : heads) (head.has_classes ? predictions : classless).push_back(head.prediction);
  const std::vector<nn::Target> objects = classless.empty() ? targets : without_classes(targets);
  const FlatTargets flat_objects = classless.empty() ? flat : flatten_targets(objects);
  const Matching matching = matcher_.begin(predictions, targets);
  const Matching matching_objects = matcher_.begin(classless, objects);

  // While the costs travel and the CPU assigns, a GPU is busy with what needs no assignment.
  at::Tensor foreground, attention;
  if (output.foreground_logits.defined()) {
    const at::Tensor wanted = foreground_targets(targets, output.spatial_shapes, options_.foreground);
    const at::Tensor logits = widened(output.foreground_logits);
    foreground = foreground_loss_per_image(logits, wanted, classes.focal_alpha, classes.focal_gamma).mean();
  }
  if (output.attention_scores) attention = attention_loss(*output.attention_scores);
  std::vector<PredictionLoss> denoised;
  if (output.denoising) denoised = denoising_losses(*output.denoising, targets, flat, boxes, options_);

  const std::vector<Assignment> with_classes = matching.finish(), of_objects = matching_objects.finish();
  std::vector<Assignment> assignments;
  assignments.reserve(heads.size());
  for (auto a = with_classes.begin(), b = of_objects.begin(); const Head& head : heads) {
    assignments.push_back(head.has_classes ? *a++ : *b++);
  }

  Terms terms(options_);
  for (size_t i = 0; i < heads.size(); ++i) {
    const auto& truth = heads[i].has_classes ? flat : flat_objects;
    terms.add(prediction_loss(heads[i].prediction, truth, assignments[i], boxes, classes),
              heads[i].loss_suffix);
    if (i > 0) continue;
    if (foreground.defined()) terms.add("select_loss", foreground, options_.foreground_weight);
    if (attention.defined()) terms.add("loss_mask_prediction", attention, options_.attention_weight);
  }
  for (size_t i = 0; i < denoised.size(); ++i) {
    terms.add(denoised[i], i == 0 ? "_dn" : fmt::format("_dn_{}", i - 1));
  }

  LossResult result = terms.take();
  for (size_t i = 0; i < heads.size(); ++i)
    result.assignments.emplace_back(heads[i].match_name, assignments[i]);
  return result;
}

}  // namespace focus::losses
