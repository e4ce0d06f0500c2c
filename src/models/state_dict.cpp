#include "models/state_dict.h"

#include "base/error.h"
#include "models/name_maps.h"

namespace focus::models {

StateDict state_dict(const torch::nn::Module& module) {
  StateDict tensors;
  for (const auto& item : module.named_parameters()) tensors[item.key()] = item.value();
  for (const auto& item : module.named_buffers()) tensors[item.key()] = item.value();
  return tensors;
}

std::string canonical_name(const std::string& name, int64_t decoder_layers) {
  return new_name(name_map("detrex"), name, decoder_layers).name;
}

StateDict with_reference_aliases(const StateDict& tensors, int64_t encoder_layers, int64_t decoder_layers) {
  StateDict all = tensors;
  const std::string shared = "class_embed." + std::to_string(decoder_layers) + ".";
  for (const auto& [name, tensor] : tensors) {
    if (name.rfind("class_embed.", 0) == 0 || name.rfind("bbox_embed.", 0) == 0) {
      all["transformer.decoder." + name] = tensor;
    }
    if (name.rfind(shared, 0) != 0) continue;
    for (int64_t layer = 0; layer < encoder_layers; ++layer) {
      const auto rest = std::to_string(layer) + "." + name.substr(shared.size());
      all["transformer.encoder.enhance_MCSP." + rest] = tensor;
      all["enhance_MCSP_layerlist." + rest] = tensor;
    }
  }
  return all;
}

namespace {

/// Whether `tensor` can be what `parameter` is: of its type, dense, and with memory that no other tensor has.
bool fits_as_it_is(const at::Tensor& tensor, const at::Tensor& parameter) {
  const auto& storage = tensor.storage();
  return tensor.scalar_type() == parameter.scalar_type() && tensor.device() == parameter.device() &&
         tensor.is_contiguous() && !tensor.requires_grad() && storage.use_count() == 1 &&
         storage.nbytes() == static_cast<size_t>(tensor.numel()) * tensor.element_size();
}

LoadReport fill(torch::nn::Module& module, const StateDict& tensors, const std::string& source, bool give) {
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
      if (give && fits_as_it_is(tensor, found->second)) {
        found->second.set_data(tensor);
      } else {
        found->second.copy_(tensor);
      }
      own.erase(found);
    }
  }
  for (const auto& entry : own) report.missing.push_back(entry.first);
  return report;
}

}  // namespace

LoadReport load_state_dict(torch::nn::Module& module, const StateDict& tensors, const std::string& source) {
  return fill(module, tensors, source, /*give=*/false);
}

LoadReport give_state_dict(torch::nn::Module& module, StateDict&& tensors, const std::string& source) {
  auto report = fill(module, tensors, source, /*give=*/true);
  tensors.clear();
  return report;
}

}  // namespace focus::models
