// What oneDNN finds in the CPU.
#pragma once

#include "ops/packed/precision.h"

namespace focus::ops::onednn {

CpuFeatures cpu_features();

}  // namespace focus::ops::onednn
