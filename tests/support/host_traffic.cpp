#include "support/host_traffic.h"

#include <ATen/ATen.h>
#include <ATen/record_function.h>

#include <algorithm>
#include <iterator>
#include <sstream>
#include <string_view>

namespace focus::test {
namespace {

struct Watch {
  c10::Device device = at::kCPU;
  int64_t depth = 0;  ///< Operations that the one that runs is part of.
  std::vector<std::string> seen;
};

Watch watch;

/// The stand-in device computes on the CPU, so that operations inside others copy back and forth.
struct Nested : at::ObserverContext {
  c10::Device from = at::kCPU;
  bool counts = false;
};

bool asks_for_values(std::string_view name) {
  static constexpr std::string_view kNames[] = {
      "aten::item",  "aten::_local_scalar_dense", "aten::nonzero", "aten::masked_select", "aten::is_nonzero",
      "aten::equal", "aten::repeat_interleave"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

/// Indexing by what is true counts it first.
bool indexes_by_mask(const at::RecordFunction& function) {
  const auto inputs = function.inputs();
  if (!std::string_view(function.name()).starts_with("aten::index") || inputs.size() < 2 ||
      !inputs[1].isList())
    return false;
  const auto indices = inputs[1].toListRef();
  return std::any_of(indices.begin(), indices.end(), [](const c10::IValue& index) {
    return index.isTensor() && index.toTensor().defined() && index.toTensor().scalar_type() == at::kBool;
  });
}

void note(const at::RecordFunction& function) {
  std::ostringstream line;
  line << function.name();
  for (const auto& input : function.inputs()) {
    if (input.isTensor() && input.toTensor().defined()) line << ' ' << input.toTensor().sizes();
  }
  watch.seen.push_back(line.str());
}

std::unique_ptr<at::ObserverContext> begins(const at::RecordFunction& function) {
  auto context = std::make_unique<Nested>();
  const auto inputs = function.inputs();
  const bool tensor = !inputs.empty() && inputs[0].isTensor() && inputs[0].toTensor().defined();
  if (tensor) context->from = inputs[0].toTensor().device();
  const std::string_view name = function.name();
  if (watch.depth == 0 && tensor) {
    context->counts = name == "aten::to" || name == "aten::_to_copy";
    const bool copies = name == "aten::copy_" && inputs[1].toTensor().device() != context->from;
    const bool asks = asks_for_values(name) || indexes_by_mask(function);
    if (copies || (asks && context->from == watch.device)) note(function);
  }
  ++watch.depth;
  return context;
}

void ends(const at::RecordFunction& function, at::ObserverContext* context) {
  --watch.depth;
  const auto* nested = static_cast<Nested*>(context);
  if (nested->counts && function.outputs()[0].toTensor().device() != nested->from) note(function);
}

}  // namespace

HostTraffic::HostTraffic(c10::Device device) {
  watch = {device, 0, {}};
  callback_ = at::addThreadLocalCallback(
      at::RecordFunctionCallback(&begins, &ends).needsInputs(true).needsOutputs(true));
}

HostTraffic::~HostTraffic() { at::removeCallback(callback_); }

const std::vector<std::string>& HostTraffic::seen() const { return watch.seen; }

}  // namespace focus::test
