#include "models/state_dict.h"

#include "base/error.h"

namespace focus::models {

StateDict state_dict(const torch::nn::Module& module) {
  StateDict tensors;
  for (const auto& item : module.named_parameters()) tensors[item.key()] = item.value();
  for (const auto& item : module.named_buffers()) tensors[item.key()] = item.value();
  return tensors;
}

std::string canonical_name(const std::string& name, int64_t decoder_layers) {
  const auto starts = [&](const std::string& prefix) { return name.compare(0, prefix.size(), prefix) == 0; };
  const std::string decoder = "transformer.decoder.";
  if (starts(decoder + "class_embed.") || starts(decoder + "bbox_embed.")) return name.substr(decoder.size());
  for (const std::string shared : {"transformer.encoder.enhance_MCSP.", "enhance_MCSP_layerlist."}) {
    if (!starts(shared)) continue;
    const auto dot = name.find('.', shared.size());
    if (dot != std::string::npos) return "class_embed." + std::to_string(decoder_layers) + name.substr(dot);
  }
  return name;
}

LoadReport load_state_dict(torch::nn::Module& module, const StateDict& tensors, const std::string& source) {
  at::NoGradGuard no_grad;
  LoadReport report;
  auto own = state_dict(module);
  for (const auto& [name, tensor] : tensors) {
    const auto found = own.find(name);
    if (found == own.end()) {
      report.unexpected.push_back(name);
    } else if (found->second.sizes() != tensor.sizes()) {
      fail("{}: tensor '{}' has shape [{}], the model needs [{}]; was it made with other options?", source,
           name, fmt::join(tensor.sizes(), ", "), fmt::join(found->second.sizes(), ", "));
    } else {
      found->second.copy_(tensor);
      own.erase(found);
    }
  }
  for (const auto& entry : own) report.missing.push_back(entry.first);
  return report;
}

}  // namespace focus::models
