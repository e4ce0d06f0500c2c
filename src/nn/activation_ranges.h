// The ranges of convolutions' inputs and outputs on real images, by which int8 scales its values.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <map>
#include <set>
#include <string>

#include "ops/packed/value_range.h"

namespace focus::nn {

struct ActivationRange {
  ops::ValueRange input, output;
};

/// By the layer's name in the model.
using ActivationRanges = std::map<std::string, ActivationRange>;

/// What int8 needs to know of a model's layers.
struct Quantisation {
  ActivationRanges ranges;  ///< Of convolutions.
  std::set<std::string>
      kept;  ///< Layers that stay in the next best precision, because int8 harms the results.
};

/// While one exists, unprepared convolutions in the thread that made it record the ranges of their inputs and
/// outputs.
class RangeRecorder {
 public:
  RangeRecorder();
  ~RangeRecorder();
  RangeRecorder(const RangeRecorder&) = delete;
  RangeRecorder& operator=(const RangeRecorder&) = delete;

  /// Records a call of a layer, if this thread has a recorder.
  static void note(const torch::nn::Module& layer, const at::Tensor& input, const at::Tensor& output);

  /// What was recorded of the layers of `root`.
  ActivationRanges ranges(torch::nn::Module& root) const;

 private:
  std::map<const torch::nn::Module*, ActivationRange> ranges_;
};

}  // namespace focus::nn
