#include "train/faults/finite_watch.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <iterator>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "train/module_tensors.h"

namespace focus::train {
namespace {

std::atomic<FiniteWatch*> active_watch{nullptr};

/// Operations whose results are whatever the memory holds.
bool makes_no_values(std::string_view name) {
  static constexpr std::string_view kParts[] = {"empty", "resize", "copy", "stride", "squeeze", "transpose"};
  return std::any_of(std::begin(kParts), std::end(kParts),
                     [&](std::string_view part) { return name.find(part) != std::string_view::npos; });
}

const void* memory_of(const at::Tensor& tensor) {
  return tensor.defined() && tensor.has_storage() ? tensor.storage().data() : nullptr;
}

std::string without_last_part(const std::string& name) {
  const auto dot = name.rfind('.');
  return dot == std::string::npos ? name : name.substr(0, dot);
}

}  // namespace

struct FiniteWatch::Operation : at::ObserverContext {
  std::string module;
  std::vector<const void*> inputs;  ///< Their memory.
};

std::string not_finite_in(const at::Tensor& tensor) {
  if (!tensor.defined() || tensor.numel() == 0 || !at::isFloatingType(tensor.scalar_type())) return "";
  const at::NoGradGuard no_grad;
  const at::RecordFunctionGuard unseen(false);
  const auto bad = at::isfinite(tensor).logical_not();
  if (!bad.any().item<bool>()) return "";
  const auto value = tensor.masked_select(bad)[0].to(at::kDouble).item<double>();
  return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

FiniteWatch::FiniteWatch(const torch::nn::Module& module) {
  for (const auto& tensor : unique_tensors(module)) {
    const void* memory = memory_of(tensor.value);
    if (memory != nullptr) modules_.emplace(memory, without_last_part(tensor.name));
  }
  active_watch = this;
  callback_ = at::addGlobalCallback(at::RecordFunctionCallback(&operation_begins, &operation_ends)
                                        .needsInputs(true)
                                        .needsOutputs(true)
                                        .scopes({at::RecordScope::FUNCTION}));
}

FiniteWatch::~FiniteWatch() {
  at::removeCallback(callback_);
  active_watch = nullptr;
}

void FiniteWatch::begin_backward() {
  const std::lock_guard<std::mutex> lock(mutex_);
  backward_ = true;
}

std::string FiniteWatch::first() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return first_;
}

std::unique_ptr<at::ObserverContext> FiniteWatch::operation_begins(const at::RecordFunction& function) {
  auto operation = std::make_unique<Operation>();
  const auto* watch = active_watch.load();
  for (const auto& input : function.inputs()) {
    const void* memory = input.isTensor() ? memory_of(input.toTensor()) : nullptr;
    if (memory == nullptr || watch == nullptr) continue;
    operation->inputs.push_back(memory);
    const auto found = watch->modules_.find(memory);
    if (found != watch->modules_.end() && operation->module.empty()) operation->module = found->second;
  }
  return operation;
}

void FiniteWatch::operation_ends(const at::RecordFunction& function, at::ObserverContext* context) {
  auto* watch = active_watch.load();
  const auto* operation = dynamic_cast<const Operation*>(context);
  const std::string_view name = function.name();
  if (watch == nullptr || operation == nullptr || makes_no_values(name)) return;
  const auto look_at = [&](const at::Tensor& result) {
    // A view of an input, or memory given for the result, which the operation around this one returns.
    const bool old = std::count(operation->inputs.begin(), operation->inputs.end(), memory_of(result)) > 0;
    if (!old || name.ends_with('_')) watch->look_at(function.name(), operation->module, result);
  };
  for (const auto& result : function.outputs()) {
    if (result.isTensor()) look_at(result.toTensor());
    if (!result.isTensorList()) continue;
    for (const at::Tensor& tensor : result.toTensorVector()) look_at(tensor);
  }
}

void FiniteWatch::look_at(const std::string& name, const std::string& module, const at::Tensor& result) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!first_.empty()) return;
    if (!module.empty()) last_module_ = module;
  }
  const std::string value = not_finite_in(result);
  if (value.empty() || (value != "nan" && module.empty())) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!first_.empty()) return;
  std::string place;
  if (!module.empty()) {
    place = " in " + module;
  } else if (!last_module_.empty()) {
    place = " after " + last_module_;
  }
  first_ = fmt::format("{} from {}{} ({})", value, name, place, backward_ ? "backward" : "forward");
}

}  // namespace focus::train
