#pragma once

#include <ATen/ATen.h>
#include <ATen/record_function.h>

#include <initializer_list>
#include <vector>

namespace focus::ops {

/// Calls run() so that LibTorch's observers (profilers, train/finite_watch) see it as an operation of that
/// name; otherwise they see only what runs through its dispatcher.
/// @param name    a string of static lifetime
/// @param inputs  the tensors it reads; may be undefined
template <typename Run>
at::Tensor recorded(const char* name, std::initializer_list<at::Tensor> inputs, Run run) {
  at::RecordFunction record(at::RecordScope::FUNCTION);
  if (!record.isActive()) return run();
  const std::vector<c10::IValue> arguments(inputs.begin(), inputs.end());
  record.before(name, c10::ArrayRef<const c10::IValue>(arguments.data(), arguments.size()));
  auto result = run();
  if (record.needsOutputs()) record.setOutputs(std::vector<c10::IValue>{result});
  return result;
}

}  // namespace focus::ops
