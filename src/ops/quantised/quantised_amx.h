// The products in eight bits of CPUs with AMX.
#pragma once

#include "ops/quantised/quantised_kernel.h"

namespace focus::ops::kernel {

/// The depth must be a multiple of kAmxDepth.
MultiplyQuantised multiply_quantised_amx;

}  // namespace focus::ops::kernel
