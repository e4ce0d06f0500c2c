#include "detector/layer_choice.h"

#include <algorithm>
#include <utility>

#include "nn/prepare.h"

namespace focus::detector {
namespace {

/// The overlap with the best unused detection of the same class, times the ratio of the scores.
double found_again(const Detection& wanted, const std::vector<Detection>& found, std::vector<bool>& used) {
  double best = 0;
  size_t which = found.size();
  for (size_t i = 0; i < found.size(); ++i) {
    if (used[i] || found[i].label != wanted.label) continue;
    const auto [lower, higher] = std::minmax(found[i].score, wanted.score);
    const double value = iou(found[i], wanted) * lower / higher;
    if (value > best) best = value, which = i;
  }
  if (which < found.size()) used[which] = true;
  return best;
}

/// "backbone.body" of "backbone.body.layer1.0.conv1", "class_embed" of "class_embed.0".
std::string part_of(const std::string& layer) {
  const auto is_number = [](const std::string& word) {
    return !word.empty() && word.find_first_not_of("0123456789") == std::string::npos;
  };
  std::string part;
  size_t begin = 0;
  for (int words = 0; words < 2; ++words) {
    const auto end = std::min(layer.find('.', begin), layer.size());
    const auto word = layer.substr(begin, end - begin);
    // The layer's own name is no part.
    if (is_number(word) || (words > 0 && end == layer.size())) break;
    part += (part.empty() ? "" : ".") + word;
    begin = end + 1;
    if (begin > layer.size()) break;
  }
  return part;
}

/// Runs a model with some of its layers in eight bits.
class Trial {
 public:
  Trial(models::Detector& model, const nn::ActivationRanges& ranges, const std::vector<at::Tensor>& images)
      : model_(model), quantisation_{ranges, {}}, images_(images) {
    for (const auto& entry : model.named_modules("", /*include_self=*/false)) {
      auto* layer = dynamic_cast<nn::Preparable*>(entry.value().get());
      if (!layer) continue;
      names_.push_back(entry.key());
      layers_.push_back(layer);
    }
    nn::prepare(model_);
    expected_ = detect();
    quantisation_.kept.insert(names_.begin(), names_.end());
    nn::prepare(model_, nn::Precision::kInt8, quantisation_);
  }

  const std::vector<std::string>& layers() const { return names_; }

  double loss_keeping(const std::set<std::string>& kept) {
    // To pack all layers again would take longer than to run them.
    const auto before = std::exchange(quantisation_.kept, kept);
    for (size_t i = 0; i < layers_.size(); ++i) {
      if (before.contains(names_[i]) == kept.contains(names_[i])) continue;
      nn::prepare_layer(*layers_[i], names_[i], nn::Precision::kInt8, quantisation_);
    }
    return disagreement(expected_, detect());
  }
  template <typename Which>
  double loss_of(const Which& in_eight_bits) {
    std::set<std::string> kept;
    for (const auto& layer : names_) {
      if (!in_eight_bits(layer)) kept.insert(layer);
    }
    return loss_keeping(kept);
  }

 private:
  std::vector<std::vector<Detection>> detect() const {
    std::vector<std::vector<Detection>> all;
    for (const auto& image : images_) {
      all.push_back(
          run_model(model_, image, {{image.size(2), image.size(3)}}, {.threshold = kLeastScore / 4}).front());
    }
    return all;
  }

  models::Detector& model_;
  nn::Quantisation quantisation_;  // What the model is prepared by now.
  const std::vector<at::Tensor>& images_;
  std::vector<std::string> names_;
  std::vector<nn::Preparable*> layers_;
  std::vector<std::vector<Detection>> expected_;
};

}  // namespace

double disagreement(const std::vector<std::vector<Detection>>& expected,
                    const std::vector<std::vector<Detection>>& found) {
  double weight = 0, agreement = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    std::vector<bool> used(found[i].size());
    for (const auto& wanted : expected[i]) {
      if (wanted.score < kLeastScore) continue;
      weight += wanted.score;
      agreement += wanted.score * found_again(wanted, found[i], used);
    }
  }
  return weight > 0 ? 1 - agreement / weight : -1;
}

LayerChoice choose_layers(models::Detector& model, const nn::ActivationRanges& ranges,
                          const std::vector<at::Tensor>& images, double most,
                          const std::function<void(double)>& progress) {
  Trial trial(model, ranges, images);
  LayerChoice choice;
  const auto& all = trial.layers();
  choice.loss_of_none = trial.loss_keeping({all.begin(), all.end()});
  choice.loss_of_all = choice.loss = trial.loss_keeping({});
  most += choice.loss_of_none;
  for (const auto& layer : all) {
    const auto name = part_of(layer);
    if (choice.parts.empty() || choice.parts.back().name != name) choice.parts.push_back({.name = name});
    ++choice.parts.back().layers;
  }
  const bool refines = choice.loss > most;
  const size_t steps = choice.parts.size() + (refines ? all.size() : 0);
  size_t done = 0;
  const auto step = [&] {
    if (progress) progress(static_cast<double>(++done) / static_cast<double>(steps));
  };
  if (choice.loss_of_all >= 0) {
    for (auto& part : choice.parts) {
      part.loss = trial.loss_of([&](const std::string& layer) { return part_of(layer) == part.name; });
      step();
    }
  }
  if (refines) {
    std::vector<std::pair<double, std::string>> losses;
    for (const auto& layer : all) {
      losses.emplace_back(trial.loss_of([&](const std::string& other) { return other == layer; }), layer);
      step();
    }
    std::stable_sort(losses.begin(), losses.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    // Twice as many each time: a run for every layer would take as long again.
    for (size_t kept = 1; choice.loss > most; kept = std::min(2 * kept, losses.size())) {
      for (size_t i = 0; i < kept; ++i) choice.kept.insert(losses[i].second);
      choice.loss = trial.loss_keeping(choice.kept);
      if (kept == losses.size()) break;
    }
  }
  for (auto& part : choice.parts) {
    part.kept = std::count_if(choice.kept.begin(), choice.kept.end(),
                              [&](const std::string& layer) { return part_of(layer) == part.name; });
  }
  nn::prepare(model);
  return choice;
}

}  // namespace focus::detector
