#include "weights/convert.h"

#include <ATen/Context.h>

#include "base/error.h"
#include "models/architectures.h"
#include "nn/initialise.h"
#include "weights/derive_options.h"

namespace focus::weights {
namespace {

models::DetectorOptions options_of(const Weights& weights, const ConvertRequest& request) {
  const auto configured = [&](models::DetectorOptions options) {
    images::PreprocessOptions not_used;
    if (request.configure) request.configure(options, not_used);
    return options;
  };
  auto base = weights.info ? weights.info->model : models::DetectorOptions{};
  base.architecture = derive_architecture(weights);
  // The number of heads must be known before the tensors can tell the number of points.
  const auto derived = derive_options(weights, configured(base));
  // Only options that the configuration names can then differ from the derived ones.
  auto unsaid = base;
  unsaid.backbone.name = derived.backbone.name;
  unsaid.backbone.finest_stride = derived.backbone.finest_stride;
  unsaid.backbone.width = derived.backbone.width;
  unsaid.transformer = derived.transformer;
  unsaid.deformable = derived.deformable;
  unsaid.classes = derived.classes;
  auto options = configured(unsaid);
  check_against(options, derived, weights.path);
  options.validate();
  return options;
}

/// Refuses a backbone file without tensors of a backbone, before deriving options that it cannot determine.
void refuse_foreign_backbone(const Weights& weights) {
  if (!weights.backbone_only()) return;
  FillReport report;
  for (const auto& entry : weights.tensors) {
    if (entry.first.rfind("backbone.", 0) == 0) return;
    report.unplaced.push_back(entry.first);
  }
  require_enough(weights, report, /*partly=*/false, "");
}

std::vector<data::Category> numbered(int64_t count) {
  std::vector<data::Category> categories;
  for (int64_t i = 0; i < count; ++i) categories.push_back({i, fmt::format("class {}", i)});
  return categories;
}

std::vector<data::Category> named(const std::vector<std::string>& names) {
  std::vector<data::Category> categories;
  categories.reserve(names.size());
  for (const auto& name : names) categories.push_back({static_cast<int64_t>(categories.size()) + 1, name});
  return categories;
}

}  // namespace

Converted convert(Weights weights, const ConvertRequest& request) {
  refuse_foreign_backbone(weights);
  Converted converted;
  auto& info = converted.loaded.info;
  if (weights.info) info = *weights.info;
  info.model = options_of(weights, request);
  if (auto not_used = info.model; request.configure) request.configure(not_used, info.preprocess);
  if (!request.classes.empty()) {
    info.categories = named(request.classes);
    if (!weights.info && static_cast<int64_t>(info.categories.size()) == weights.classes()) {
      weights.categories = info.categories;
    }
  } else if (!weights.categories.empty()) {
    info.categories = weights.categories;
  } else {
    info.categories = numbered(info.model.classes);
  }
  info.model.classes = static_cast<int64_t>(info.categories.size());

  {
    const nn::WithoutInitialisation all_may_be_in_the_file;
    converted.loaded.model = models::make_detector(info.model);
  }
  converted.report = fill_model(*converted.loaded.model, info.categories, weights);
  require_enough(weights, converted.report, request.partly, "add --partly if that is meant");
  if (!converted.report.fresh.empty() || !converted.report.classes.empty()) {
    // Not all were: missing tensors start at random, always with the same seed.
    converted.loaded.model.reset();
    at::manual_seed(0);
    converted.loaded.model = models::make_detector(info.model);
    converted.report = fill_model(*converted.loaded.model, info.categories, weights);
  }
  converted.loaded.model->eval();
  if (!info.provenance.is_object()) info.provenance = nlohmann::json::object();
  info.provenance["converted"] = {{"file", std::filesystem::path(weights.path).filename().string()},
                                  {"format", weights.format},
                                  {"from", weights.source},
                                  {"tensors_at_random", converted.report.fresh.size()}};
  return converted;
}

models::StateDict reference_state_dict(const detector::LoadedModel& loaded) {
  const auto& options = loaded.info.model;
  return models::find_architecture(options.architecture).original(options, models::state_dict(*loaded.model));
}

}  // namespace focus::weights
