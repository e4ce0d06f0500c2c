#include "models/checkpoints/state_dict.h"

#include <cmath>

#include "base/error.h"
#include "models/checkpoints/name_maps.h"

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

/// Whether `tensor` can replace `parameter` without a copy: same type and device, contiguous, and with memory
/// that no other tensor shares.
bool fits_as_it_is(const at::Tensor& tensor, const at::Tensor& parameter) {
  const auto& storage = tensor.storage();
  return tensor.scalar_type() == parameter.scalar_type() && tensor.device() == parameter.device() &&
         tensor.is_contiguous() && !tensor.requires_grad() && storage.use_count() == 1 &&
         storage.nbytes() == static_cast<size_t>(tensor.numel()) * tensor.element_size();
}

/// The common name of an integer type, such as "int8".
std::string type_name(at::ScalarType type) {
  switch (type) {
    case at::kByte:
      return "uint8";
    case at::kBool:
      return "bool";
    default:
      return fmt::format("int{}", 8 * c10::elementSize(type));
  }
}

/// Integers are quantised weights, which need a scale that is stored elsewhere.
void refuse_whole_numbers(const std::string& name, const at::Tensor& tensor, const at::Tensor& parameter,
                          const std::string& source) {
  if (!parameter.is_floating_point() || tensor.is_floating_point()) return;
  fail(
      "{}: tensor '{}' is {}, but the model needs floating-point numbers; if they are quantised weights, "
      "save the model as it was before, in float32, float16 or bfloat16",
      source, name, type_name(tensor.scalar_type()));
}

/// A finite sum proves that all terms are finite, and summing is as fast as memory: the terms are checked one
/// by one only if it is not.
void refuse_non_finite(const std::string& name, const at::Tensor& tensor, const std::string& source) {
  if (!tensor.is_floating_point() || std::isfinite(tensor.sum().item<double>())) return;
  const auto bad = tensor.isfinite().logical_not().sum().item<int64_t>();
  if (bad == 0) return;  // The sum overflowed.
  fail(
      "{}: {} of the {} numbers of tensor '{}' are not finite (NaN or infinity), and a model with them finds "
      "nothing; take an earlier checkpoint, or one of another precision",
      source, bad, tensor.numel(), name);
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

void check_weights(const torch::nn::Module& module, const StateDict& tensors, const std::string& source) {
  const at::NoGradGuard no_grad;
  const auto own = state_dict(module);
  for (const auto& [name, tensor] : tensors) {
    const auto found = own.find(name);
    if (found == own.end()) continue;
    refuse_whole_numbers(name, tensor, found->second, source);
    refuse_non_finite(name, tensor.to(found->second.scalar_type()), source);
  }
}

LoadReport load_state_dict(torch::nn::Module& module, const StateDict& tensors, const std::string& source) {
  return fill(module, tensors, source, /*give=*/false);
}

LoadReport give_state_dict(torch::nn::Module& module, StateDict&& tensors, const std::string& source) {
  auto report = fill(module, tensors, source, /*give=*/true);
  tensors.clear();
  return report;
}

}  // namespace focus::models
