// The products in eight bits of CPUs with VNNI, which add in 32 bits without a step in 16.
#pragma once

#include "ops/quantised/quantised_kernel.h"

namespace focus::ops::kernel {

MultiplyQuantised multiply_quantised_avx2_vnni, multiply_quantised_avx512_vnni;

}  // namespace focus::ops::kernel
