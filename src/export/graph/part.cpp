#include "export/graph/part.h"

namespace focus::exporter {

Part Part::operator[](const std::string& child) const {
  const auto children = module_->named_children();
  const auto* found = children.find(child);
  if (!found) fail("ONNX export: the model has no part '{}'", full_name(child));
  return {*graph_, *found, full_name(child)};
}

bool Part::has_tensor(const std::string& tensor) const {
  return module_->named_parameters(false).contains(tensor) || module_->named_buffers(false).contains(tensor);
}

at::Tensor Part::tensor(const std::string& tensor) const {
  const auto parameters = module_->named_parameters(false);
  if (const auto* found = parameters.find(tensor)) return found->detach();
  const auto buffers = module_->named_buffers(false);
  if (const auto* found = buffers.find(tensor)) return found->detach();
  fail("ONNX export: the model has no tensor '{}'", full_name(tensor));
}

}  // namespace focus::exporter
