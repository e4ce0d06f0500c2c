#include "models/backbones/backbone_weights.h"

#include "base/error.h"
#include "models/backbones/backbone_family.h"

namespace focus::models {
namespace {

const std::string kPrefix = "backbone.";

const NameMap& table_for(const StateDict& tensors, const BackboneOptions& options) {
  if (const auto* map = recognise_names(tensors)) return *map;
  return name_map(family_of(options.name).usual_source);
}

std::vector<std::string> prefixed(std::vector<std::string> names) {
  for (auto& name : names) name.insert(0, kPrefix);
  return names;
}

}  // namespace

bool is_folded_away(const std::string& name, const StateDict& tensors) {
  return name.rfind(kPrefix, 0) == 0 && tensors.count(name.substr(0, name.rfind('.')) + ".bias") > 0;
}

BackboneReport load_backbone_weights(Backbone& backbone, const StateDict& tensors,
                                     const BackboneOptions& options, const std::string& source,
                                     const std::map<std::string, std::string>& unread) {
  const auto& map = table_for(tensors, options);
  auto renamed = rename_tensors(map, tensors, source);
  StateDict own;
  for (const auto& [name, tensor] : renamed.tensors) {
    if (name.rfind(kPrefix, 0) == 0) {
      own[name.substr(kPrefix.size())] = tensor;
    } else if (map.backbone_only) {
      own[name] = tensor;  // Not of the backbone: reported as unexpected below.
    }
  }
  check_weights(backbone, own, source);
  const auto report = load_state_dict(backbone, own, source);
  if (!report.unexpected.empty()) {
    auto told = options;
    tell_backbone({renamed.tensors, source, map, unread}, told);
    fail("{}: {} tensors have no place in backbone {}, the first is '{}'; {}", source,
         report.unexpected.size(), options.name, report.unexpected.front(),
         told.name == options.name ? "is it another network?" : "its tensors are those of " + told.name);
  }
  BackboneReport result{map.name, {}, std::move(renamed.dropped), {}};
  result.tensors = static_cast<int64_t>(state_dict(backbone).size());
  if (map.backbone_only) result.notes = map.notes;
  for (const auto& name : report.missing) {
    if (!is_folded_away(kPrefix + name, renamed.tensors)) result.missing.push_back(name);
  }
  result.taken = result.tensors - static_cast<int64_t>(result.missing.size());
  refuse_unread(map, unread, prefixed(result.missing), source);
  return result;
}

}  // namespace focus::models
