#include "models/backbone_weights.h"

#include <regex>

#include "base/error.h"

namespace focus::models {
namespace {

bool ends_with(const std::string& text, const std::string& tail) {
  return text.size() >= tail.size() && text.compare(text.size() - tail.size(), tail.size(), tail) == 0;
}

std::string resnet_name(const std::string& name) {
  std::string mapped = std::regex_replace(name, std::regex("^(conv|bn)1\\."), "stem.$011.");
  std::smatch stage;
  if (std::regex_match(mapped, stage, std::regex("layer([1-4])\\.(.*)"))) {
    mapped = "res" + std::to_string(std::stoi(stage[1]) + 1) + "." + stage[2].str();
  }
  mapped = std::regex_replace(mapped, std::regex("downsample\\.0\\."), "shortcut.");
  mapped = std::regex_replace(mapped, std::regex("downsample\\.1\\."), "shortcut.norm.");
  mapped = std::regex_replace(mapped, std::regex("\\bbn([1-3])\\."), "conv$01.norm.");
  // A bias left on a convolution is its folded normalisation's shift.
  return std::regex_replace(mapped, std::regex("(conv[1-3]|shortcut)\\.bias$"), "$01.norm.bias");
}

/// A bias beside a four-dimensional weight is a convolution's: its normalisation has the next index.
std::string mobilenet_name(const std::string& name, const StateDict& tensors) {
  std::smatch parts;
  if (!std::regex_match(name, parts, std::regex("(.*)\\.(\\d+)\\.bias"))) return name;
  const auto weight = tensors.find(parts[1].str() + "." + parts[2].str() + ".weight");
  if (weight == tensors.end() || weight->second.dim() != 4) return name;
  return parts[1].str() + "." + std::to_string(std::stoi(parts[2]) + 1) + ".bias";
}

/// Classifiers and counters are of no use to a detector.
bool is_useless(const std::string& name) {
  return ends_with(name, "num_batches_tracked") || name.rfind("fc.", 0) == 0 ||
         name.rfind("classifier.", 0) == 0;
}

}  // namespace

std::vector<std::string> load_backbone_weights(Backbone& backbone, const StateDict& tensors,
                                               const BackboneOptions& options, const std::string& source) {
  StateDict mapped;
  for (const auto& [name, tensor] : tensors) {
    if (is_useless(name)) continue;
    mapped[options.name == "mobilenet_v2" ? mobilenet_name(name, tensors) : resnet_name(name)] = tensor;
  }
  const auto report = load_state_dict(backbone, mapped, source);
  if (!report.unexpected.empty()) {
    fail("{}: {} tensors have no place in backbone {}, the first is '{}'; is it another network?", source,
         report.unexpected.size(), options.name, report.unexpected.front());
  }
  // What folding has removed is the identity already; only what is really absent is reported.
  std::vector<std::string> missing;
  for (const auto& name : report.missing) {
    const auto last = name.rfind('.');
    const bool folded = mapped.count(name.substr(0, last) + ".bias") > 0;
    if (!folded) missing.push_back(name);
  }
  return missing;
}

}  // namespace focus::models
