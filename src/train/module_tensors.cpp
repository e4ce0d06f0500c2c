#include "train/module_tensors.h"

#include <unordered_set>

#include "base/error.h"

namespace focus::train {
namespace {

using Seen = std::unordered_set<const c10::TensorImpl*>;

template <typename Dict>
void append_unique(const Dict& dict, Seen& seen, std::vector<NamedTensor>& out) {
  for (const auto& item : dict) {
    if (item.value().defined() && seen.insert(item.value().unsafeGetTensorImpl()).second) {
      out.push_back({item.key(), item.value()});
    }
  }
}

}  // namespace

std::vector<NamedTensor> unique_parameters(const torch::nn::Module& module) {
  Seen seen;
  std::vector<NamedTensor> out;
  append_unique(module.named_parameters(), seen, out);
  return out;
}

std::vector<NamedTensor> unique_tensors(const torch::nn::Module& module) {
  Seen seen;
  std::vector<NamedTensor> out;
  append_unique(module.named_parameters(), seen, out);
  append_unique(module.named_buffers(), seen, out);
  return out;
}

void export_tensors(const std::vector<NamedTensor>& tensors, const std::string& prefix, TensorMap& into) {
  for (const auto& tensor : tensors) into[prefix + tensor.name] = tensor.value.detach();
}

void import_tensors(const TensorMap& from, const std::string& prefix, const std::string& source,
                    const std::vector<NamedTensor>& tensors) {
  std::unordered_set<std::string> known;
  for (const auto& tensor : tensors) {
    known.insert(prefix + tensor.name);
    const auto found = from.find(prefix + tensor.name);
    if (found == from.end()) {
      fail("{}: tensor '{}' is missing; the file belongs to another model or other options", source,
           prefix + tensor.name);
    }
    if (found->second.sizes() != tensor.value.sizes()) {
      fail("{}: tensor '{}' has shape [{}], this run needs [{}]; use the options the file was made with",
           source, prefix + tensor.name, fmt::join(found->second.sizes(), ", "),
           fmt::join(tensor.value.sizes(), ", "));
    }
    if (found->second.scalar_type() != tensor.value.scalar_type()) {
      fail("{}: tensor '{}' is of type {}, this run needs {}", source, prefix + tensor.name,
           c10::toString(found->second.scalar_type()), c10::toString(tensor.value.scalar_type()));
    }
  }
  for (const auto& [name, value] : from) {
    if (name.starts_with(prefix) && !known.contains(name)) {
      fail("{}: tensor '{}' has no place in this run; the file belongs to another model or other options",
           source, name);
    }
  }
  const at::NoGradGuard no_grad;
  for (const auto& tensor : tensors) {
    tensor.value.copy_(from.at(prefix + tensor.name));
  }
}

}  // namespace focus::train
