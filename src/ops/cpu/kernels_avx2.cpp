#ifdef __x86_64__

#include "ops/cpu/kernels_vector.h"

namespace focus::ops::kernel {

constinit const Table kAvx2Kernels = vector_kernels<8>();

}  // namespace focus::ops::kernel

#endif
