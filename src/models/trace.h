// Intermediate results a person may want to look at: one optional argument shared by explain, tests and bug
// reports.
#pragma once

#include <ATen/ATen.h>

#include <map>
#include <string>

namespace focus::models {

/// Tensors of a forward pass by name. Null pointers to it are passed when nobody looks.
struct Trace {
  std::map<std::string, at::Tensor> tensors;
};

/// Records a tensor, detached, if somebody looks.
inline void record(Trace* trace, const std::string& name, const at::Tensor& tensor) {
  if (trace) trace->tensors[name] = tensor.detach();
}

}  // namespace focus::models
