// Names of public checkpoints, written down apart from the tables that translate them.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "models/architectures.h"
#include "models/checkpoints/state_dict.h"

namespace focus::test {

using Names = std::set<std::string>;

inline void add_names(Names& names, const std::string& prefix, const std::vector<std::string>& rest) {
  for (const auto& name : rest) names.insert(prefix + name);
}

inline void add_weight_and_bias(Names& names, const std::vector<std::string>& owners) {
  for (const auto& owner : owners) add_names(names, owner, {".weight", ".bias"});
}

/// A ResNet-50 of torchvision inside DETR, without its classifier.
inline Names resnet50_names() {
  Names names;
  const std::vector<std::string> norm{".weight", ".bias", ".running_mean", ".running_var"};
  const std::string body = "backbone.0.body.";
  names.insert(body + "conv1.weight");
  add_names(names, body + "bn1", norm);
  const int blocks[] = {3, 4, 6, 3};
  for (int stage = 0; stage < 4; ++stage) {
    for (int block = 0; block < blocks[stage]; ++block) {
      const auto prefix = body + "layer" + std::to_string(stage + 1) + "." + std::to_string(block) + ".";
      for (const std::string i : {"1", "2", "3"}) {
        names.insert(prefix + "conv" + i + ".weight");
        add_names(names, prefix + "bn" + i, norm);
      }
      if (block > 0) continue;
      names.insert(prefix + "downsample.0.weight");
      add_names(names, prefix + "downsample.1", norm);
    }
  }
  return names;
}

/// The state dict of a model as its program lists it, and what is told of it when it comes back.
struct ThereAndBack {
  models::StateDict original;
  std::string source;        ///< The table that recognises it.
  std::string architecture;  ///< What its parts tell.
  models::LoadReport report;
  bool same = true;  ///< Every tensor came back with its values.

  explicit ThereAndBack(models::Detector& model) {
    const auto& options = model.options();
    const auto own = models::state_dict(model);
    original = models::find_architecture(options.architecture).original(options, own);
    const auto* map = models::recognise_names(original);
    if (!map) return;
    source = map->name;
    const auto renamed = models::rename_tensors(*map, original, "original");
    architecture = models::architecture_of(renamed.tensors);
    const auto fitted = models::fit_names(options, renamed.tensors, "original");
    for (const auto& [name, tensor] : own) {
      const auto found = fitted.tensors.find(name);
      same = same && found != fitted.tensors.end() && found->second.equal(tensor);
    }
    report = models::load_state_dict(model, fitted.tensors, "original");
  }

  Names names() const {
    Names all;
    for (const auto& entry : original) all.insert(entry.first);
    return all;
  }
};

/// Parameters that are trained, each once.
inline int64_t trained_parameters(const models::Detector& model) {
  int64_t count = 0;
  for (const auto& parameter : model.parameters()) count += parameter.requires_grad() ? parameter.numel() : 0;
  return count;
}

}  // namespace focus::test
