// Intermediate results for inspection: one optional argument for explain, tests and bug reports.
#pragma once

#include <ATen/ATen.h>

#include <map>
#include <string>
#include <vector>

#include "nn/detector_output.h"

namespace focus::models {

/// Tensors of a forward pass by name. Functions take a null pointer if nothing is to be recorded.
struct Trace {
  std::map<std::string, at::Tensor> tensors;
};

/// Records a tensor, detached, if there is a trace and the tensor is defined.
inline void record(Trace* trace, const std::string& name, const at::Tensor& tensor) {
  if (trace && tensor.defined()) trace->tensors[name] = tensor.detach();
}

/// Records what every decoder layer predicted.
inline void record_predictions(Trace* trace, const nn::DetectorOutput& output) {
  if (!trace) return;
  std::vector<at::Tensor> boxes;
  for (size_t l = 0; l < output.layers.size(); ++l) {
    record(trace, "outputs_class" + std::to_string(l), output.layers[l].logits);
    boxes.push_back(output.layers[l].boxes);
  }
  record(trace, "outputs_coord", at::stack(boxes));
}

}  // namespace focus::models
