// The device and the precision a model runs with.
#pragma once

#include <c10/core/Device.h>

#include "models/detector.h"
#include "nn/activation_ranges.h"
#include "ops/packed/precision.h"

namespace focus::detector {

struct Placement {
  c10::Device device = c10::DeviceType::CPU;
  ops::Precision precision = ops::Precision::kFloat32;
};

/// Makes a model ready to detect: packed for the CPU (nn/prepare.h), or moved to another device, where it
/// runs in float32 or bfloat16. `quantisation` is for int8. Throws UsageError if the device does not support the
/// precision.
void place(models::Detector& model, const Placement& placement, const nn::Quantisation& quantisation = {});

}  // namespace focus::detector
