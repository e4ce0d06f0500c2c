// What convolutions read and return on real images: int8 scales its values by these ranges.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <map>
#include <string>

#include "ops/packed/value_range.h"

namespace focus::nn {

struct ActivationRange {
  ops::ValueRange input, output;
};

/// By the layer's name in the model.
using ActivationRanges = std::map<std::string, ActivationRange>;

/// While one lives, convolutions run unprepared in the thread that made it note what they read and return.
class RangeRecorder {
 public:
  RangeRecorder();
  ~RangeRecorder();
  RangeRecorder(const RangeRecorder&) = delete;
  RangeRecorder& operator=(const RangeRecorder&) = delete;

  /// Notes a call of a layer, if a recorder lives in this thread.
  static void note(const torch::nn::Module& layer, const at::Tensor& input, const at::Tensor& output);

  /// What was noted of the layers of `root`.
  ActivationRanges ranges(torch::nn::Module& root) const;

 private:
  std::map<const torch::nn::Module*, ActivationRange> ranges_;
};

}  // namespace focus::nn
