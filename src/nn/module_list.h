// A list of modules whose parameters are named by index ("layers.0.weight"), as in PyTorch's ModuleList.
#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <string>
#include <vector>

namespace focus::nn {

template <typename T>
class ModuleList : public torch::nn::Module {
 public:
  /// Appends a module constructed from `args` under the next index.
  template <typename... Args>
  T& emplace(Args&&... args) {
    return append(std::make_shared<T>(std::forward<Args>(args)...));
  }

  /// Appends `module` under the next index.
  T& append(std::shared_ptr<T> module) {
    items_.push_back(register_module(std::to_string(items_.size()), std::move(module)));
    return *items_.back();
  }

  T& operator[](size_t i) { return *items_.at(i); }
  size_t size() const { return items_.size(); }
  auto begin() { return items_.begin(); }
  auto end() { return items_.end(); }

 private:
  std::vector<std::shared_ptr<T>> items_;
};

}  // namespace focus::nn
