// Small modules whose parameters are named as a detector's.
#pragma once

#include <ATen/ATen.h>
#include <torch/nn/module.h>

namespace focus::train {

/// A module that only holds tensors; tests register them under the names they need.
class ToyModule : public torch::nn::Module {
 public:
  at::Tensor parameter(const std::string& name, at::Tensor value, bool requires_grad = true) {
    return register_parameter(name, std::move(value), requires_grad);
  }
  at::Tensor buffer(const std::string& name, at::Tensor value) {
    return register_buffer(name, std::move(value));
  }
  ToyModule& child(const std::string& name) { return *register_module(name, std::make_shared<ToyModule>()); }
};

}  // namespace focus::train
