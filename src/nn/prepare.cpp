#include "nn/prepare.h"

#include "base/error.h"
#include "ops/packed/packed_convolution.h"

namespace focus::nn {

void prepare(torch::nn::Module& root, Precision precision, const Quantisation& quantisation) {
  ops::require(precision);
  if (precision == Precision::kInt8 && quantisation.ranges.empty()) {
    fail_usage("precision int8 needs a calibrated model; make one with focus-detr calibrate");
  }
  root.eval();
  if (!ops::can_pack()) return;
  for (auto& entry : root.named_modules("", /*include_self=*/false)) {
    auto* layer = dynamic_cast<Preparable*>(entry.value().get());
    if (layer != nullptr) prepare_layer(*layer, entry.key(), precision, quantisation);
  }
}

void prepare_layer(Preparable& layer, const std::string& name, Precision precision,
                   const Quantisation& quantisation) {
  const auto& [ranges, kept] = quantisation;
  const auto range = ranges.find(name);
  LayerPreparation how{precision, range == ranges.end() ? nullptr : &range->second};
  if (kept.contains(name)) how.precision = how.unquantised();
  layer.prepare(how);
}

}  // namespace focus::nn
