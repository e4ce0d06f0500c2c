#include "eval/class_join.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/human.h"

namespace focus::eval {
namespace {

std::vector<std::string> names_of(const std::vector<data::Category>& categories) {
  std::vector<std::string> names;
  for (const auto& category : categories) names.push_back(category.name);
  return names;
}

/// Indices by name.
std::map<std::string, std::vector<size_t>> places_of(const std::vector<data::Category>& categories) {
  std::map<std::string, std::vector<size_t>> places;
  for (size_t i = 0; i < categories.size(); ++i) places[categories[i].name].push_back(i);
  return places;
}

}  // namespace

bool ClassJoin::matches() const {
  return std::any_of(ids.begin(), ids.end(), [](const auto& id) { return id.has_value(); });
}

std::vector<std::string> ClassJoin::notes(const std::string& model, const std::string& dataset) const {
  std::vector<std::string> lines;
  if (!only_in_model.empty()) {
    lines.push_back(fmt::format("{} of {} classes of {} are not in {}: detections of them do not count: {}",
                                only_in_model.size(), ids.size(), model, dataset,
                                listed_in_quotes(only_in_model)));
  }
  if (!only_in_dataset.empty()) {
    lines.push_back(fmt::format("{} classes of {} are unknown to {}: their boxes count as missed: {}",
                                only_in_dataset.size(), dataset, model, listed_in_quotes(only_in_dataset)));
  }
  return lines;
}

ClassJoin join_classes(const std::vector<data::Category>& model, const std::vector<data::Category>& dataset) {
  ClassJoin join;
  join.ids.resize(model.size());
  std::vector<bool> taken(dataset.size());
  const auto in_model = places_of(model), in_dataset = places_of(dataset);
  for (const auto& [name, places] : in_model) {
    const auto found = in_dataset.find(name);
    if (found == in_dataset.end()) continue;
    const auto& partners = found->second;
    const bool clear = places.size() == 1 && partners.size() == 1;
    for (const size_t place : places) {
      for (const size_t partner : partners) {
        if (taken[partner] || !(clear || model[place].id == dataset[partner].id)) continue;
        join.ids[place] = dataset[partner].id;
        taken[partner] = true;
        break;
      }
    }
  }
  for (size_t i = 0; i < model.size(); ++i) {
    if (!join.ids[i]) join.only_in_model.push_back(model[i].name);
  }
  for (size_t i = 0; i < dataset.size(); ++i) {
    if (!taken[i]) join.only_in_dataset.push_back(dataset[i].name);
  }
  return join;
}

ClassJoin require_joined(const std::vector<data::Category>& model, const std::vector<data::Category>& dataset,
                         const std::string& model_name, const std::string& dataset_name) {
  auto join = join_classes(model, dataset);
  if (join.matches() || dataset.empty()) return join;
  fail(
      "no class of {} is one of {}: {} against {}; classes are joined by their names: rename them in the "
      "annotations, or in a model file with `focus-detr convert MODEL OUT --classes NAMES`",
      model_name, dataset_name, listed_in_quotes(names_of(model)), listed_in_quotes(names_of(dataset)));
}

}  // namespace focus::eval
