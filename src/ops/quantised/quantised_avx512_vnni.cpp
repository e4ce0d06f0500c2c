// AVX-512 with VNNI.
#ifdef __x86_64__

#include "ops/quantised/quantised_vector.h"
#include "ops/quantised/quantised_vnni.h"

namespace focus::ops::kernel {

void multiply_quantised_avx512_vnni(const QuantisedProduct& in, int64_t rows) {
  multiply_quantised<16>(in, rows);
}

}  // namespace focus::ops::kernel

#endif
