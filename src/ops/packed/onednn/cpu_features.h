// The CPU's features as oneDNN detects them.
#pragma once

#include "ops/packed/precision.h"

namespace focus::ops::onednn {

CpuFeatures cpu_features();

}  // namespace focus::ops::onednn
