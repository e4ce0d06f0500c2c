// The tensors of a module by name, each once, although models list shared layers under several names.
#pragma once

#include <ATen/ATen.h>
#include <torch/nn/module.h>

#include <map>
#include <string>
#include <vector>

namespace focus::train {

struct NamedTensor {
  std::string name;  ///< The first name under which the module lists the tensor.
  at::Tensor value;
};

/// Tensors by name, as they go into files.
using TensorMap = std::map<std::string, at::Tensor>;

/// Parameters in the module's order, shared ones once.
std::vector<NamedTensor> unique_parameters(const torch::nn::Module& module);

/// Parameters, then buffers, in the module's order, shared ones once.
std::vector<NamedTensor> unique_tensors(const torch::nn::Module& module);

/// A map that shares the tensors' storage. `prefix` comes before each name.
void export_tensors(const std::vector<NamedTensor>& tensors, const std::string& prefix, TensorMap& into);

/// Copies values from `from` (names with `prefix`) into `tensors`. Throws Error naming `source` and the
/// tensor when one is missing or has another shape or type; nothing is changed then.
void import_tensors(const TensorMap& from, const std::string& prefix, const std::string& source,
                    const std::vector<NamedTensor>& tensors);

}  // namespace focus::train
