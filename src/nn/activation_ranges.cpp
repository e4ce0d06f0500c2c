#include "nn/activation_ranges.h"

#include <ATen/Functions.h>

#include "base/error.h"

namespace focus::nn {
namespace {

thread_local RangeRecorder* active_recorder = nullptr;

ops::ValueRange range_of(const at::Tensor& x) {
  const auto [least, greatest] = at::aminmax(x.detach());
  // A ValueRange always contains zero, because padding is zero.
  ops::ValueRange range;
  range.include({least.item<float>(), greatest.item<float>()});
  return range;
}

}  // namespace

RangeRecorder::RangeRecorder() {
  if (active_recorder != nullptr) fail("ranges are being recorded in this thread already");
  active_recorder = this;
}

RangeRecorder::~RangeRecorder() { active_recorder = nullptr; }

void RangeRecorder::note(const torch::nn::Module& layer, const at::Tensor& input, const at::Tensor& output) {
  if (active_recorder == nullptr) return;
  auto& range = active_recorder->ranges_[&layer];
  range.input.include(range_of(input));
  range.output.include(range_of(output));
}

ActivationRanges RangeRecorder::ranges(torch::nn::Module& root) const {
  ActivationRanges named;
  for (const auto& entry : root.named_modules("", /*include_self=*/false)) {
    const auto found = ranges_.find(entry.value().get());
    if (found != ranges_.end()) named[entry.key()] = found->second;
  }
  return named;
}

}  // namespace focus::nn
