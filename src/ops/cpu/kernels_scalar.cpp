#include "ops/cpu/kernel_table.h"

namespace focus::ops::kernel {

constinit const Table kScalarKernels{.sample = sample_scalar<float>,
                                     .sample_gradient = sample_gradient_scalar<float>};

}  // namespace focus::ops::kernel
