// A part of the model to export: a module, its name, and the graph that its nodes are added to.
#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <string>

#include "base/error.h"
#include "export/graph/graph.h"

namespace focus::exporter {

class Part {
 public:
  Part(Graph& graph, const std::shared_ptr<torch::nn::Module>& module, std::string name = "")
      : graph_(&graph), module_(module), name_(std::move(name)) {}

  Graph& graph() const { return *graph_; }
  const std::string& name() const { return name_; }

  bool has(const std::string& child) const { return module_->named_children().contains(child); }
  /// A child of this part. Throws Error if there is none of that name.
  Part operator[](const std::string& child) const;
  Part operator[](int64_t index) const { return (*this)[std::to_string(index)]; }
  /// The number of children.
  int64_t size() const { return static_cast<int64_t>(module_->children().size()); }

  bool has_tensor(const std::string& tensor) const;
  /// A parameter or buffer of this part itself. Throws Error if there is none of that name.
  at::Tensor tensor(const std::string& tensor) const;
  /// The same as a constant of the graph, with its name in the model file.
  Value weight(const std::string& tensor) const {
    return graph_->weight(full_name(tensor), this->tensor(tensor));
  }
  std::string full_name(const std::string& tensor) const {
    return name_.empty() ? tensor : name_ + "." + tensor;
  }

  /// The module, cast to its class. Throws Error if it is of another class.
  template <typename Module>
  const Module& as() const {
    const auto* module = dynamic_cast<const Module*>(module_.get());
    if (!module) fail("ONNX export: part '{}' is a module of another class than expected", name_);
    return *module;
  }
  template <typename Module>
  bool is() const {
    return dynamic_cast<const Module*>(module_.get()) != nullptr;
  }

 private:
  Graph* graph_;
  std::shared_ptr<torch::nn::Module> module_;
  std::string name_;
};

}  // namespace focus::exporter
